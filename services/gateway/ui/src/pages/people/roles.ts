/** The roles in words. */
export const ROLES = {
  OPERATOR: { label: "Operator", help: "Runs and watches executions." },
  DEVELOPER: {
    label: "Developer",
    help: "Also draws and publishes workflows, and manages triggers. May do what the runners may do.",
  },
  ADMIN: { label: "Administrator", help: "Everything: runners, users, audit, licence." },
} as const;

export const ROLE_CHOICES = Object.entries(ROLES).map(([value, role]) => ({ value, label: role.label }));

export type Role = keyof typeof ROLES;
