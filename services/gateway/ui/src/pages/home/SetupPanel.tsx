import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";

import { Panel } from "~/shared/Panel";
import { useSetup } from "~/shared/setup";

/** On a Hub where nothing has run yet: what it needs first, and the page where it is done. */
export function SetupPanel() {
  const setup = useSetup();
  if (!setup || setup.ran) return null;
  const left = [
    !setup.password && "a password of your own",
    !setup.runner && "a runner",
    "the demo or a workflow of yours",
  ].filter(Boolean);
  return (
    <Panel>
      <div className="row wrap">
        <div className="grow">
          <h2>Set up this Hub</h2>
          <p className="mut">Nothing has run here yet. Next: {left.join(", ")}.</p>
        </div>
        <Button variant="filled" renderRoot={(props) => <Link to="/setup" {...props} />}>
          Set up
        </Button>
      </div>
    </Panel>
  );
}
