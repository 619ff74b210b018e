import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { useMay } from "~/api/session";
import { plural } from "~/shared/format";
import { licenceQuery, type Licence } from "~/shared/licence";

import { Step } from "./Step";

/** The community edition needs nothing; a licence is brought in on its own page. */
export function Edition({ number }: { number: number }) {
  const { data: licence } = useQuery({ ...licenceQuery, enabled: useMay("license:view") });
  return (
    <Step
      number={number}
      title="An edition"
      done={licence !== undefined}
      said={licence ? tell(licence) : ""}
      also={
        <Link to="/licence" className="link">
          {licence?.state === "community" ? "Bring in a licence" : "Licence"}
        </Link>
      }
    >
      <p className="mut">Looking it up…</p>
    </Step>
  );
}

function tell(licence: Licence): string {
  const limits = `${plural(licence.runnerLimit, "runner")}, ${plural(licence.concurrentExecutions, "execution")} at a time`;
  return licence.state === "community"
    ? `Community edition: everything works, with ${limits}.`
    : `Licensed for ${licence.customer ?? "this Hub"}: ${limits}.`;
}
