/** Runs the draft on a connected runner: which one, with what inputs. */
import { Button, Menu } from "@mantine/core";
import { IconChevronDown, IconPlayerPlayFilled } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useState } from "react";

import { useMay, useMe } from "~/api/session";
import { useTopic } from "~/live/hooks";
import { useShortcut } from "~/shared/shortcuts";
import { runnersQuery, type Runner } from "../data/queries";
import { useEditor, useStudio } from "../state/context";
import { InputsDialog } from "./InputsDialog";
import { choiceOf, orderedRunners } from "./runners";
import { useStart } from "./useStart";
import classes from "./Run.module.css";

export function RunButton({ workflowId }: { workflowId: string }) {
  const { editor } = useStudio();
  const me = useMe();
  const mayRun = useMay("execution:run");
  const mayEdit = useMay("workflow:edit");
  const runners = useQuery({ ...runnersQuery, refetchInterval: 15_000 });
  useTopic("runners", () => void runners.refetch());
  const [wanted, setWanted] = useState<string | null>(null);
  const [asking, setAsking] = useState(false);
  const start = useStart(workflowId);
  const hasInputs = useEditor((state) => (state.graph.inputs?.length ?? 0) > 0);
  const ordered = orderedRunners(runners.data ?? [], me.user.id);
  const runner = ordered.find((each) => each.id === wanted) ?? ordered[0];
  const reason =
    !mayRun || !mayEdit
      ? "You may look at this workflow, but not run its draft."
      : runner
        ? null
        : "No runner is registered.";
  const begin = (inputs: Record<string, unknown>) => {
    setAsking(false);
    const { runTo } = editor.getState();
    editor.getState().show({ runTo: null });
    if (runner) void start.start(runner, inputs, runTo);
  };
  const run = () => {
    if (!runner || reason) return;
    if (hasInputs) setAsking(true);
    else begin({});
  };
  // Somebody asked for a run to a node: in a menu, or by its key.
  const wish = useEffectEvent(run);
  useEffect(
    () => editor.subscribe((state, before) => (state.runTo !== null && before.runTo === null ? wish() : undefined)),
    [editor],
  );
  useShortcut("mod+enter", "Run the draft", run, { scope: "Studio", enabled: reason === null });
  return (
    <span className="row" style={{ gap: 1 }}>
      <Button
        variant="filled"
        loading={start.pending}
        disabled={reason !== null}
        title={reason ?? `Run the draft on ${runner?.name ?? ""}`}
        leftSection={<IconPlayerPlayFilled size={14} />}
        onClick={run}
        data-testid="run"
      >
        {runner ? `Run on ${runner.name}` : "Run"}
      </Button>
      <Menu>
        <Menu.Target>
          <Button variant="filled" px={7} aria-label="Choose a runner" disabled={ordered.length === 0}>
            <IconChevronDown size={15} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown className={classes["picker"] ?? ""}>
          <Menu.Label>Run the draft on</Menu.Label>
          {ordered.map((each) => (
            <Choice key={each.id} runner={each} mine={each.ownerId === me.user.id} onPick={() => setWanted(each.id)} />
          ))}
        </Menu.Dropdown>
      </Menu>
      {asking && runner && (
        <InputsDialog
          workflowId={workflowId}
          runner={runner.name}
          onClose={() => {
            setAsking(false);
            editor.getState().show({ runTo: null });
          }}
          onRun={begin}
        />
      )}
    </span>
  );
}

function Choice({ runner, mine, onPick }: { runner: Runner; mine: boolean; onPick: () => void }) {
  const { free, words } = choiceOf(runner);
  return (
    <Menu.Item onClick={onPick} rightSection={<span className="dim sm">{words}</span>}>
      <span className={free ? "strong" : "dim"}>{runner.name}</span> {mine && <span className="tag acc">yours</span>}
    </Menu.Item>
  );
}
