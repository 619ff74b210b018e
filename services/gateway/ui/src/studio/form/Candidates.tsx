/** Ways to name one element, best first: what each is known by, and the order in which they are tried. */
import { ActionIcon, Button, Select, TextInput } from "@mantine/core";
import { IconArrowUp, IconPlus, IconTrash } from "@tabler/icons-react";

import type { JsonObject } from "../model/graph";
import { pointerTo } from "../model/problems";
import { useForm } from "./form";
import { exampleOf, kindWord, LIST, type SelectorSchema } from "./selector";
import classes from "./Form.module.css";

interface CandidatesProps {
  schema: SelectorSchema;
  candidates: JsonObject[];
  /** Of the selector or anchor they belong to. */
  pointer: string;
  /** "Candidate", or "Candidate of the anchor". */
  word: string;
  onChange: (candidates: JsonObject[]) => void;
}

export function Candidates({ schema, candidates, pointer, word, onChange }: CandidatesProps) {
  const { readOnly, problemsAt } = useForm();
  const { kindKey, textKey, kinds } = schema;
  const replace = (index: number, change: JsonObject) =>
    onChange(candidates.map((before, at) => (at === index ? { ...before, ...change } : before)));
  return (
    <>
      {candidates.map((candidate, index) => {
        const kind = String(candidate[kindKey] ?? kinds[0] ?? "");
        const problem = problemsAt(pointerTo(pointerTo(pointer, LIST), index))[0];
        return (
          <div className={classes["candidate"]} key={index}>
            <div className="row">
              {kinds.length > 0 && (
                <Select
                  aria-label={`What ${word.toLowerCase()} ${index + 1} is known by`}
                  data={kinds.map((each) => ({ value: each, label: kindWord(each) }))}
                  value={kind}
                  readOnly={readOnly}
                  allowDeselect={false}
                  className="grow"
                  onChange={(next) => next && replace(index, { [kindKey]: next })}
                />
              )}
              {!readOnly && (
                <>
                  <ActionIcon
                    size={22}
                    disabled={index === 0}
                    aria-label={`Try ${word.toLowerCase()} ${index + 1} earlier`}
                    title="Try it earlier"
                    onClick={() => onChange(raised(candidates, index))}
                  >
                    <IconArrowUp size={14} />
                  </ActionIcon>
                  <ActionIcon
                    size={22}
                    aria-label={`Remove ${word.toLowerCase()} ${index + 1}`}
                    title="Remove it"
                    onClick={() => onChange(candidates.filter((_, at) => at !== index))}
                  >
                    <IconTrash size={14} />
                  </ActionIcon>
                </>
              )}
            </div>
            <TextInput
              aria-label={`${word} ${index + 1}`}
              className={classes["mono"] ?? ""}
              value={String(candidate[textKey] ?? "")}
              placeholder={exampleOf(kind)}
              readOnly={readOnly}
              error={problem?.message}
              onChange={(event) => replace(index, { [textKey]: event.currentTarget.value })}
            />
          </div>
        );
      })}
      {!readOnly && (
        <Button
          size="xs"
          variant="subtle"
          data-field
          leftSection={<IconPlus size={14} />}
          onClick={() => onChange([...candidates, { [kindKey]: kinds[0] ?? "css", [textKey]: "" }])}
        >
          {candidates.length === 0 ? "Add a way to find it" : "Add another way"}
        </Button>
      )}
    </>
  );
}

function raised(list: JsonObject[], index: number): JsonObject[] {
  const copy = [...list];
  const [entry] = copy.splice(index, 1);
  if (entry) copy.splice(index - 1, 0, entry);
  return copy;
}
