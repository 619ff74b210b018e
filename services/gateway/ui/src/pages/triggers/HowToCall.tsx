/** A webhook's address, what to set at the sender, and code that calls it with the right signature. */
import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { CopyField, CopyIcon } from "~/shared/Copy";
import { Loaded } from "~/shared/Loaded";
import { Facts, Panel } from "~/shared/Panel";
import { Time } from "~/shared/Time";

import { examplesQuery, type Trigger } from "./queries";
import classes from "./Triggers.module.css";
import { authWords } from "./words";

const LANGUAGES: Record<string, string> = { sh: "curl", python: "Python" };

export function HowToCall({ trigger }: { trigger: Trigger }) {
  const query = useQuery(examplesQuery(trigger.id, trigger.etag));
  const { auth } = trigger;
  return (
    <div className={classes["call"]}>
      <div className="stack">
        <Panel title="Address">
          <div className="stack">
            <CopyField text={trigger.url ?? ""} what="the address" />
            {query.data && <p className="mut">{query.data.instructions}</p>}
          </div>
        </Panel>
        <Loaded query={query} what="The examples">
          {({ items }) => <Examples items={items} />}
        </Loaded>
      </div>
      <Panel title="Signed by">
        <Facts
          rows={[
            ["Kind", authWords(auth?.type ?? "none").label],
            ["User", auth?.username],
            ["Header", auth?.type === "hmac" ? <span className="mono">{auth.header}</span> : null],
            ["Algorithm", auth?.type === "hmac" ? `${auth.algorithm}, ${auth.encoding}` : null],
            ["Before it", auth?.type === "hmac" ? auth.prefix : null],
            ["Secret", auth?.type === "none" ? "none" : "never shown again; make a new one in the menu above"],
            ["Old secret until", trigger.previousSecretUntil && <Time at={trigger.previousSecretUntil} />],
            ["Only from", trigger.allowedIps.join(", ")],
            ["A minute", trigger.rateLimit && `at most ${trigger.rateLimit}`],
          ]}
        />
      </Panel>
    </div>
  );
}

function Examples({ items }: { items: readonly { language: string; code: string }[] }) {
  const [chosen, setChosen] = useState(items[0]?.language ?? "");
  const example = items.find((one) => one.language === chosen);
  return (
    <Panel
      title="Example"
      aside="with the secret in SECRET"
      bleed
      actions={
        <>
          <SegmentedControl
            aria-label="Language"
            size="xs"
            data={items.map(({ language }) => ({ value: language, label: LANGUAGES[language] ?? language }))}
            value={chosen}
            onChange={setChosen}
          />
          {example && <CopyIcon text={example.code} what="the example" />}
        </>
      }
    >
      {example && (
        <pre className={`code ${classes["code"]}`} tabIndex={0} aria-label="Example">
          {example.code}
        </pre>
      )}
    </Panel>
  );
}
