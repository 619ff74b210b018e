/** The workflow itself: what it is started with, what it remembers, how it runs, what it hands back. */
import { Tabs } from "@mantine/core";

import { FormContext } from "../form/form";
import { useEditor } from "../state/context";
import { InputsEditor } from "./InputsEditor";
import { OutputEditor } from "./OutputEditor";
import { RunSettings } from "./RunSettings";
import { VariablesEditor } from "./VariablesEditor";
import { useNodeForm } from "./useNodeForm";
import classes from "./Settings.module.css";

export function WorkflowPanel() {
  const form = useNodeForm(null, undefined);
  const counts = useEditor((state) => `${state.graph.inputs?.length ?? 0}/${state.graph.variables?.length ?? 0}`);
  const [inputs, variables] = counts.split("/");
  return (
    <FormContext value={form}>
      <header className={classes["head"]}>
        <h2 className="grow">Workflow</h2>
      </header>
      <Tabs defaultValue="inputs" className={classes["tabs"] ?? ""} keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="inputs" rightSection={<Count count={inputs} />}>
            Inputs
          </Tabs.Tab>
          <Tabs.Tab value="variables" rightSection={<Count count={variables} />}>
            Variables
          </Tabs.Tab>
          <Tabs.Tab value="output">Output</Tabs.Tab>
          <Tabs.Tab value="running">Run</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="inputs">
          <InputsEditor />
        </Tabs.Panel>
        <Tabs.Panel value="variables">
          <VariablesEditor />
        </Tabs.Panel>
        <Tabs.Panel value="output">
          <OutputEditor />
        </Tabs.Panel>
        <Tabs.Panel value="running">
          <RunSettings />
        </Tabs.Panel>
      </Tabs>
    </FormContext>
  );
}

function Count({ count }: { count: string | undefined }) {
  return count === undefined || count === "0" ? null : <span className="tag">{count}</span>;
}
