/** The last line of a form in a dialog: away without a trace, or do it. */
import { Button } from "@mantine/core";
import type { ReactNode } from "react";

interface Props {
  /** What sending does: "Create", "Save". */
  children: ReactNode;
  onCancel: () => void;
  isPending: boolean;
  disabled?: boolean;
  /** At the other end: "Delete…". */
  aside?: ReactNode;
}

export function FormFoot({ children, onCancel, isPending, disabled = false, aside }: Props) {
  return (
    <div className="row">
      {aside}
      <Button className="end" onClick={onCancel}>
        Cancel
      </Button>
      <Button type="submit" variant="filled" loading={isPending} disabled={disabled}>
        {children}
      </Button>
    </div>
  );
}
