import { expect, it } from "vitest";

import { tellLimits } from "./limits";

it("a credential without limits says that there are none", () => {
  expect(tellLimits({ workflowIds: [], hosts: [] })).toBe("any workflow, any host");
});

it("limits count the workflows and name the hosts", () => {
  expect(tellLimits({ workflowIds: ["one"], hosts: [] })).toBe("1 workflow, any host");
  expect(tellLimits({ workflowIds: ["one", "two"], hosts: ["shop.example.com", "*.example.org"] })).toBe(
    "2 workflows, shop.example.com, *.example.org",
  );
});
