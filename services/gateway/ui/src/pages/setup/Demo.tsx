import { Button } from "@mantine/core";
import { IconPlayerPlayFilled } from "@tabler/icons-react";

import { ErrorNote } from "~/shared/Feedback";
import type { Setup } from "~/shared/setup";

import { Step } from "./Step";
import { useDemo } from "./useDemo";

/** The whole way once: a workflow is made, published, run and watched. */
export function Demo({ number, setup }: { number: number; setup: Setup }) {
  const demo = useDemo();
  return (
    <Step
      number={number}
      title="The demo"
      done={setup.ran}
      said="Something has run on this Hub; the demo can run again."
      also={
        <button type="button" className="link" disabled={demo.isPending} onClick={() => demo.mutate()}>
          Run the demo
        </button>
      }
    >
      <p className="mut prose">
        Four invoices go through a small workflow and become a report; you watch it on its page. It reads nothing of
        yours and can be deleted afterwards.
      </p>
      {demo.error && <ErrorNote what="The demo was not started." error={demo.error} />}
      <div className="row wrap">
        <Button
          variant={setup.runner ? "filled" : "default"}
          loading={demo.isPending}
          leftSection={<IconPlayerPlayFilled size={14} />}
          onClick={() => demo.mutate()}
        >
          Run the demo
        </Button>
        {!setup.runner && <span className="dim">It waits until a runner is connected.</span>}
      </div>
    </Step>
  );
}
