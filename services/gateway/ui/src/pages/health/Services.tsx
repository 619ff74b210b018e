/** The parts of the Hub, and whether each answers now. */
import { useQuery } from "@tanstack/react-query";
import { IconCheck, IconX } from "@tabler/icons-react";

import { Note } from "~/shared/Feedback";
import { Loaded } from "~/shared/Loaded";
import { Panel } from "~/shared/Panel";

import classes from "./Health.module.css";

interface Readiness {
  status: string;
  checks: Record<string, boolean>;
}

interface PairingFacts {
  runnerAddress: string;
  version: string;
}

const NAMES: Record<string, string> = {
  postgres: "PostgreSQL",
  scheduler: "Scheduler",
  registry: "Runner registry",
  license: "Licence",
  audit: "Audit",
};
const EVERY_MILLISECONDS = 10_000;

/** Also when it is not ready the answer says what is missing. */
async function askReadiness(): Promise<Readiness> {
  return (await (await fetch("/readyz")).json()) as Readiness;
}

async function askFacts(): Promise<PairingFacts> {
  return (await (await fetch("/.well-known/exekra")).json()) as PairingFacts;
}

export function Services() {
  const query = useQuery({ queryKey: ["readiness"], queryFn: askReadiness, refetchInterval: EVERY_MILLISECONDS });
  const facts = useQuery({ queryKey: ["hub-facts"], queryFn: askFacts, staleTime: Infinity });
  return (
    <Panel
      title="Services"
      aside={facts.data && `version ${facts.data.version}, runners at ${facts.data.runnerAddress}`}
    >
      <Loaded query={query} what="The health" rows={3}>
        {({ checks, status }) => (
          <div className="stack">
            {status !== "ready" && (
              <Note tone="warn">Something the Hub needs is away. What was accepted is safe; it goes on by itself.</Note>
            )}
            <ul className={classes["checks"]}>
              {Object.entries(checks).map(([name, answers]) => (
                <li key={name} className={classes["check"]}>
                  {answers ? (
                    <IconCheck size={16} stroke={2} style={{ color: "var(--st-completed)" }} aria-label="answers" />
                  ) : (
                    <IconX size={16} stroke={2} style={{ color: "var(--st-failed)" }} aria-label="does not answer" />
                  )}
                  {NAMES[name] ?? name}
                  <span className="dim sm end">{answers ? "answers" : "does not answer"}</span>
                </li>
              ))}
            </ul>
            <a className="link" href="/api/docs" target="_blank" rel="noopener">
              API documentation
            </a>
          </div>
        )}
      </Loaded>
    </Panel>
  );
}
