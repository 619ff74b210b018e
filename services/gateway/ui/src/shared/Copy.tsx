/** Things to copy: an id, an address, a command, a secret. */
import { ActionIcon, Button } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useState } from "react";

import { toastProblem } from "./Feedback";
import classes from "./Copy.module.css";

function useCopy(text: string): [boolean, () => void] {
  const [copied, setCopied] = useState(false);
  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => {
        setCopied(true);
        setTimeout(() => setCopied(false), 1_500);
      },
      (error: unknown) => toastProblem("The browser did not let us copy.", error),
    );
  };
  return [copied, copy];
}

export function CopyIcon({ text, what }: { text: string; what: string }) {
  const [copied, copy] = useCopy(text);
  return (
    <ActionIcon onClick={copy} aria-label={copied ? "Copied" : `Copy ${what}`} title={`Copy ${what}`} size={24}>
      {copied ? <IconCheck size={14} stroke={1.5} /> : <IconCopy size={14} stroke={1.5} />}
    </ActionIcon>
  );
}

export function CopyButton({ text, children }: { text: string; children: string }) {
  const [copied, copy] = useCopy(text);
  return (
    <Button
      onClick={copy}
      leftSection={copied ? <IconCheck size={16} stroke={1.5} /> : <IconCopy size={16} stroke={1.5} />}
    >
      {copied ? "Copied" : children}
    </Button>
  );
}

/** A command or secret in mono with its copy button. */
export function CopyField({ text, what, wrap = true }: { text: string; what: string; wrap?: boolean }) {
  return (
    <div className={classes["field"]}>
      <code className={classes["text"]} data-wrap={wrap || undefined} tabIndex={0} aria-label={what}>
        {text}
      </code>
      <CopyIcon text={text} what={what} />
    </div>
  );
}
