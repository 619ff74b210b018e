import { Switch } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { api, unwrap } from "~/api/client";
import { useMay } from "~/api/session";
import { toast, toastProblem } from "~/shared/Feedback";

import { TRIGGERS, type Trigger } from "./queries";

/** On or off; the Hub's answer moves it. */
export function EnabledSwitch({ trigger, label = false }: { trigger: Trigger; label?: boolean }) {
  const client = useQueryClient();
  const mayEdit = useMay("trigger:edit");
  const params = { path: { triggerId: trigger.id } };
  const toggle = useMutation({
    mutationFn: async (on: boolean) =>
      (
        await unwrap(
          on
            ? api.POST("/api/triggers/{triggerId}/enable", { params })
            : api.POST("/api/triggers/{triggerId}/disable", { params }),
        )
      ).trigger,
    onSuccess: async (changed) => {
      toast(changed.enabled ? `“${trigger.name}” is on.` : `“${trigger.name}” is off. Nothing starts by it any more.`);
      await client.invalidateQueries({ queryKey: TRIGGERS });
    },
    onError: (error) => toastProblem(`“${trigger.name}” was not switched.`, error),
  });
  const word = trigger.enabled ? "on" : "off";
  return (
    <Switch
      checked={toggle.isPending ? toggle.variables : trigger.enabled}
      disabled={!mayEdit || toggle.isPending}
      aria-label={`${trigger.name} is ${word}`}
      label={label ? word : undefined}
      onChange={(event) => toggle.mutate(event.currentTarget.checked)}
    />
  );
}
