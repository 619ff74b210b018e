/** What the palette does from anywhere: each leads to the page where it is done, already opened there. */
import {
  IconCalendarPlus,
  IconDeviceDesktopPlus,
  IconListCheck,
  IconPlus,
  IconUpload,
  IconWebhook,
  type Icon,
} from "@tabler/icons-react";

export interface Command {
  label: string;
  icon: Icon;
  to: string;
  search: Record<string, string>;
  permission: string;
}

export const COMMANDS: readonly Command[] = [
  {
    label: "New workflow",
    icon: IconPlus,
    to: "/workflows",
    search: { new: "workflow" },
    permission: "workflow:edit",
  },
  {
    label: "Import a workflow",
    icon: IconUpload,
    to: "/workflows",
    search: { new: "import" },
    permission: "workflow:edit",
  },
  {
    label: "New schedule",
    icon: IconCalendarPlus,
    to: "/triggers/new",
    search: { kind: "schedule" },
    permission: "trigger:edit",
  },
  {
    label: "New webhook",
    icon: IconWebhook,
    to: "/triggers/new",
    search: { kind: "webhook" },
    permission: "trigger:edit",
  },
  {
    label: "Pair a runner",
    icon: IconDeviceDesktopPlus,
    to: "/runners",
    search: { new: "runner" },
    permission: "runner:manage",
  },
  {
    label: "Set up this Hub",
    icon: IconListCheck,
    to: "/setup",
    search: {},
    permission: "audit:view",
  },
];
