/** Below the canvas: problems, the run's log, versions. */
import { ActionIcon, Tabs } from "@mantine/core";
import { IconChevronDown, IconChevronUp } from "@tabler/icons-react";

import { useEditor, useStudio } from "../state/context";
import type { BottomTab } from "../state/store";
import { RunLog } from "../run/RunLog";
import { Problems } from "./Problems";
import { useGraphProblems } from "./useGraphProblems";
import { Versions } from "./Versions";
import classes from "./Panels.module.css";

export function BottomPanel() {
  const { editor } = useStudio();
  const tab = useEditor((state) => state.bottomTab);
  const { problems } = useGraphProblems();
  const errors = problems.filter((problem) => problem.severity === "error").length;
  const show = (next: BottomTab | null) => editor.getState().show({ bottomTab: next });
  return (
    <section
      className={classes["bottom"]}
      data-open={tab !== null || undefined}
      aria-label="Problems, log and versions"
    >
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(next) => show(next as BottomTab | null)}
        className={classes["tabs"] ?? ""}
      >
        <div className={classes["bar"]}>
          <Tabs.List>
            <Tabs.Tab
              value="problems"
              rightSection={
                problems.length > 0 ? (
                  <span className={`tag ${errors > 0 ? "bad" : "warn"}`}>{problems.length}</span>
                ) : null
              }
            >
              Problems
            </Tabs.Tab>
            <Tabs.Tab value="log">Run log</Tabs.Tab>
            <Tabs.Tab value="versions">Versions</Tabs.Tab>
          </Tabs.List>
          <span className={`${classes["verdict"]} dim sm trunc`}>{verdict(errors, problems.length - errors)}</span>
          <ActionIcon
            size={26}
            aria-label={tab === null ? "Open the panel" : "Fold the panel"}
            aria-expanded={tab !== null}
            onClick={() => show(tab === null ? "problems" : null)}
          >
            {tab === null ? <IconChevronUp size={16} /> : <IconChevronDown size={16} />}
          </ActionIcon>
        </div>
        <Tabs.Panel value="problems">
          <Problems />
        </Tabs.Panel>
        <Tabs.Panel value="log">
          <RunLog />
        </Tabs.Panel>
        <Tabs.Panel value="versions">
          <Versions />
        </Tabs.Panel>
      </Tabs>
    </section>
  );
}

function verdict(errors: number, warnings: number): string {
  if (errors === 0 && warnings === 0) return "Ready to publish";
  const allowed = warnings > 0 ? `; ${warnings} ${warnings === 1 ? "warning is" : "warnings are"} allowed` : "";
  return errors === 0 ? `Ready to publish${allowed}` : `Running and publishing need 0 errors${allowed}`;
}
