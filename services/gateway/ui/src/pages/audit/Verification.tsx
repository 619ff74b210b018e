import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { IconShieldCheck, IconShieldX } from "@tabler/icons-react";

import { api, unwrap } from "~/api/client";
import { ErrorNote } from "~/shared/Feedback";
import { formatCount, formatInstant } from "~/shared/format";

import classes from "./Audit.module.css";

/** Whether the chain of hashes is whole: recomputed when asked. */
export function Verification() {
  const verify = useMutation({
    mutationFn: async () => ({ ...(await unwrap(api.POST("/api/audit/verify"))), at: new Date() }),
  });
  const { data } = verify;
  if (verify.error) {
    return (
      <div className={classes["verdict"]}>
        <ErrorNote what="The record could not be checked." error={verify.error} onRetry={() => verify.mutate()} />
      </div>
    );
  }
  return (
    <section className={classes["verdict"]} data-broken={data && !data.valid ? true : undefined} aria-live="polite">
      <span className={classes["shield"]} data-tone={!data ? "" : data.valid ? "ok" : "bad"}>
        {data && !data.valid ? <IconShieldX size={18} stroke={1.5} /> : <IconShieldCheck size={18} stroke={1.5} />}
      </span>
      <div className="grow">
        <h1>
          {!data
            ? "Every entry carries the hash of the one before"
            : data.valid
              ? "The record is complete"
              : `The record is broken at entry ${formatCount(data.brokenAt ?? 0)}`}
        </h1>
        <p className="mut">
          {!data
            ? "A changed, missing or reordered entry shows when the chain is computed again."
            : data.valid
              ? `${formatCount(data.checked)} entries, checked ${formatInstant(data.at)}.`
              : `${data.message} What stands before it is whole: ${formatCount(Math.max(0, (data.brokenAt ?? 1) - 1))} entries. Keep the database as it is, export, and ask who had access to it.`}
        </p>
      </div>
      {data && (
        <span className={`${classes["hash"]} desktop-only`} title={`Hash of the last entry: ${data.headHash}`}>
          {data.headHash.slice(0, 8)}
        </span>
      )}
      <Button loading={verify.isPending} onClick={() => verify.mutate()}>
        {data ? "Check again" : "Check now"}
      </Button>
    </section>
  );
}
