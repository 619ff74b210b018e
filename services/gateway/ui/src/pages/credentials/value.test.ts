import { describe, expect, it } from "vitest";

import { emptyEntries, valueOf } from "./value";

describe("the value of a credential", () => {
  it("is whole when every needed field is filled in", () => {
    const written = (texts: Record<string, string>) =>
      emptyEntries("login").map(({ name }) => ({ name, text: texts[name] ?? "" }));
    expect(valueOf("login", written({ username: "robot" }))).toBeNull();
    const value = { username: "robot", password: " x " };
    expect(valueOf("login", written(value))).toEqual(value);
  });

  it("leaves out what a certificate may go without", () => {
    const entries = emptyEntries("certificate").map((entry) =>
      entry.name === "password" ? entry : { ...entry, text: "PEM" },
    );
    expect(valueOf("certificate", entries)).toEqual({ certificate: "PEM", privateKey: "PEM" });
  });

  it("takes fields of any names that an expression can write, each once", () => {
    expect(emptyEntries("keyValue", ["pin"])).toEqual([{ name: "pin", text: "" }]);
    expect(valueOf("keyValue", [{ name: "pin", text: "1" }])).toEqual({ pin: "1" });
    expect(valueOf("keyValue", [{ name: "my pin", text: "1" }])).toBeNull();
    const twice = [1, 2].map((text) => ({ name: "pin", text: String(text) }));
    expect(valueOf("keyValue", twice)).toBeNull();
  });
});
