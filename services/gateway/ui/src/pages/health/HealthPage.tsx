/** How the Hub is: its services, what carries them, whether work flows; and holding it back. */
import { useMay } from "~/api/session";
import { Page } from "~/shared/Page";

import { Dispatch } from "./Dispatch";
import { Services } from "./Services";
import { Work } from "./Work";

export function HealthPage() {
  const seesWork = useMay("execution:view");
  return (
    <Page title="Health">
      <div className="columns">
        <Services />
        {seesWork && (
          <div className="stack">
            <Work />
            <Dispatch />
          </div>
        )}
      </div>
    </Page>
  );
}
