import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { useMay } from "~/api/session";
import { licenceQuery, licenceWarning } from "~/shared/licence";
import { useNow } from "~/shared/useNow";
import { Note } from "~/shared/Feedback";

/** Weeks before the licence ends, for those who can do something about it. */
export function LicenceBanner() {
  const mayAct = useMay("license:install");
  const { data } = useQuery({ ...licenceQuery, enabled: mayAct });
  const now = useNow(60_000);
  const warning = mayAct && data ? licenceWarning(data, now) : null;
  if (!warning) return null;
  return (
    <Note
      tone="warn"
      action={
        <Link to="/licence" className="link">
          Licence
        </Link>
      }
    >
      {warning}
    </Note>
  );
}
