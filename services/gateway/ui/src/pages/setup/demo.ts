/** The workflow a new Hub tries itself with: it needs no file, no service and no login, and leaves a report behind. */
import type { Schema } from "~/api/client";

type Graph = NonNullable<Schema<"CreateWorkflow">["graph"]>;

export const DEMO_NAME = "Demo: invoices to a report";

const INVOICES = [
  { number: "RE-10380", customer: "Nordlicht GmbH", net: 1050 },
  { number: "RE-10381", customer: "Kestrel Oy", net: 480.5 },
  { number: "RE-10382", customer: "Aalto & Sons", net: 2199.9 },
  { number: "RE-10383", customer: "Nordlicht GmbH", net: 75 },
];

const node = (id: string, type: string, name: string, row: number, config: object) => ({
  id,
  type,
  name,
  config,
  position: { x: 0, y: 90 * row },
});
const edge = (from: string, to: string) => ({ id: `${from}-${to}`, from, port: "out", to });

export const DEMO_GRAPH: Graph = {
  schemaVersion: 1,
  variables: [{ name: "gross", initial: 0 }],
  nodes: [
    node("start", "control.start", "Start", 0, {}),
    node("invoices", "data.transform", "Collect invoices", 1, { expression: `{{ ${JSON.stringify(INVOICES)} }}` }),
    {
      ...node("each", "control.forEach", "For each invoice", 2, { items: "{{ nodes.invoices.output }}" }),
      body: {
        nodes: [
          node("look", "control.delay", "Look at it", 0, { seconds: 0.5 }),
          node("sum", "data.set", "Add to the total", 1, {
            values: { gross: "{{ round(vars.gross + item.net * 1.19, 2) }}" },
          }),
          node("tell", "log.message", "Say so", 2, { message: "{{ item.number }} of {{ item.customer }} is read" }),
        ],
        edges: [edge("look", "sum"), edge("sum", "tell")],
      },
    },
    node("report", "csv.write", "Write the report", 7, { path: "report.csv", rows: "{{ nodes.invoices.output }}" }),
    node("keep", "log.artifact", "Keep the report", 8, { path: "report.csv" }),
  ],
  edges: [edge("start", "invoices"), edge("invoices", "each"), edge("each", "report"), edge("report", "keep")],
  output: { invoices: "{{ len(nodes.invoices.output) }}", gross: "{{ vars.gross }}" },
};
