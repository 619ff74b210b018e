/** The places of the side bar. An entry is shown to those who may see its page. */
import {
  IconHeartbeat,
  IconHome,
  IconInbox,
  IconListDetails,
  IconRoute,
  IconBroadcast,
  IconCalendar,
  IconChecks,
  IconMail,
  IconCalendarTime,
  IconDeviceDesktop,
  IconShieldCheck,
  IconUsers,
  IconVariable,
  IconLicense,
  IconSettings,
  IconKey,
  IconLock,
  type Icon,
} from "@tabler/icons-react";

export interface Place {
  to: string;
  label: string;
  icon: Icon;
  /** Nothing: everybody who is signed in. */
  permission?: string;
  /** The second key after "g". */
  key: string;
  /** One of the tabs at the foot of a phone's screen. */
  tab?: boolean;
}

export interface PlaceGroup {
  title: string;
  places: readonly Place[];
}

export const GROUPS: readonly PlaceGroup[] = [
  {
    title: "",
    places: [
      { to: "/", label: "Dashboard", icon: IconHome, key: "d", permission: "execution:view", tab: true },
      { to: "/workflows", label: "Workflows", icon: IconRoute, key: "w", permission: "workflow:view", tab: true },
      {
        to: "/executions",
        label: "Executions",
        icon: IconListDetails,
        key: "e",
        permission: "execution:view",
        tab: true,
      },
      { to: "/triggers", label: "Triggers", icon: IconCalendarTime, key: "t", permission: "trigger:view" },
      { to: "/runners", label: "Runners", icon: IconDeviceDesktop, key: "r", permission: "runner:view", tab: true },
    ],
  },
  {
    title: "Work",
    places: [
      { to: "/approvals", label: "Approvals", icon: IconChecks, key: "p", permission: "execution:view" },
      { to: "/queues", label: "Queues", icon: IconInbox, key: "q", permission: "queue:view" },
      { to: "/credentials", label: "Vault", icon: IconLock, key: "x", permission: "credential:view" },
      { to: "/calendars", label: "Calendars", icon: IconCalendar, key: "c", permission: "trigger:view" },
      { to: "/variables", label: "Variables", icon: IconVariable, key: "b", permission: "workflow:view" },
      { to: "/event-endpoints", label: "Event endpoints", icon: IconBroadcast, key: "v", permission: "event:view" },
      { to: "/notification-rules", label: "Notifications", icon: IconMail, key: "n", permission: "event:view" },
    ],
  },
  {
    title: "Administration",
    places: [
      { to: "/audit", label: "Audit", icon: IconShieldCheck, key: "a", permission: "audit:view" },
      { to: "/users", label: "Users", icon: IconUsers, key: "u", permission: "user:manage" },
      { to: "/api-keys", label: "API keys", icon: IconKey, key: "k", permission: "api-key:own" },
      { to: "/licence", label: "Licence", icon: IconLicense, key: "l", permission: "license:view" },
      { to: "/health", label: "Health", icon: IconHeartbeat, key: "h" },
      { to: "/settings", label: "Settings", icon: IconSettings, key: "s" },
    ],
  },
];

export const PLACES: readonly Place[] = GROUPS.flatMap((group) => group.places);
