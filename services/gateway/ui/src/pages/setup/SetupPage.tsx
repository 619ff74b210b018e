/** The first run of a Hub, in the order in which people do it: a password, an edition, a runner, the demo. */
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";

import { ChangePassword } from "~/shared/ChangePassword";
import { Empty, Skeleton } from "~/shared/Feedback";
import { Page } from "~/shared/Page";
import { useSetsUp, useSetup, type Setup } from "~/shared/setup";

import { Demo } from "./Demo";
import { Edition } from "./Edition";
import classes from "./Setup.module.css";
import { Step } from "./Step";

export function SetupPage() {
  const sets = useSetsUp();
  const setup = useSetup(true);
  return (
    <Page title="Set up">
      {setup ? (
        <Steps setup={setup} />
      ) : sets ? (
        <Skeleton />
      ) : (
        <Empty title="An administrator sets the Hub up">
          It is done once: a password, an edition, a runner. Everything you may do is in the side bar.
        </Empty>
      )}
    </Page>
  );
}

function Steps({ setup }: { setup: Setup }) {
  const left = [setup.password, setup.runner, setup.ran].filter((done) => !done).length;
  return (
    <div className={classes["page"]}>
      <header>
        <h1>{left === 0 ? "This Hub is ready" : "Set up this Hub"}</h1>
        <p className="mut">
          {left === 0
            ? "Draw a workflow of your own, or bring one in from a file."
            : "Four steps, a few minutes. Each can be done later; this page stays where it is."}
        </p>
        {left === 0 && (
          <div className="row" style={{ marginTop: 12 }}>
            <Button
              variant="filled"
              renderRoot={(props) => <Link to="/workflows" search={{ new: "workflow" }} {...props} />}
            >
              New workflow
            </Button>
            <Button renderRoot={(props) => <Link to="/" {...props} />}>Dashboard</Button>
          </div>
        )}
      </header>
      <ol className={classes["steps"]}>
        <Step number={1} title="A password of your own" done={setup.password} said="You have chosen one.">
          <p className="mut prose">
            The first one was made by the Hub and stands in its data folder, unless you gave it at the start. You sign
            in again afterwards and come back here.
          </p>
          <ChangePassword next="/setup" />
        </Step>
        <Edition number={2} />
        <Step
          number={3}
          title="A runner that does the work"
          done={setup.runner}
          said="One is connected."
          also={
            <Link to="/runners" className="link">
              Runners
            </Link>
          }
        >
          <p className="mut prose">
            Name the computer on which workflows shall run and run one command there. It calls the Hub by itself:
            nothing has to be opened towards it. This step is done as soon as it is heard of.
          </p>
          <Button
            variant={setup.password ? "filled" : "default"}
            renderRoot={(props) => <Link to="/runners" search={{ new: "runner" }} {...props} />}
          >
            Pair a runner
          </Button>
        </Step>
        <Demo number={4} setup={setup} />
      </ol>
    </div>
  );
}
