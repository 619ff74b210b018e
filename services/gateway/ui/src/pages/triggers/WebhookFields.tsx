/** How a webhook knows who calls, and which deliveries it takes. */
import { NumberInput, PasswordInput, Select, TagsInput, Textarea, TextInput } from "@mantine/core";

import type { AuthDraft } from "./draft";
import type { FormPart } from "./form";
import classes from "./Form.module.css";
import { Section } from "./Section";
import { AUTHS, authWords } from "./words";

export function WebhookFields(props: FormPart & { isNew: boolean }) {
  const { draft, update, errorAt } = props;
  return (
    <>
      <Authentication {...props} />
      <Section title="Takes">
        <Textarea
          label="Only deliveries for which"
          description="An expression over inputs.webhook; empty takes all. What it does not choose is answered and ignored."
          placeholder={'inputs.webhook.body.action == "opened"'}
          autosize
          minRows={1}
          styles={{ input: { fontFamily: "var(--mono)" } }}
          value={draft.filter}
          error={errorAt("/filter")}
          onChange={(event) => update({ filter: event.currentTarget.value })}
        />
        <TagsInput
          label="Only from"
          description="Addresses or networks; empty is from everywhere."
          placeholder={draft.allowedIps.length === 0 ? "192.0.2.0/24" : ""}
          splitChars={[",", " "]}
          value={[...draft.allowedIps]}
          error={errorAt("/allowedIps")}
          onChange={(allowedIps) => update({ allowedIps })}
        />
        <NumberInput
          label="Deliveries a minute"
          description="Empty: the Hub's own limit."
          w={200}
          min={1}
          value={draft.rateLimit}
          error={errorAt("/rateLimit")}
          onChange={(value) => update({ rateLimit: String(value) })}
        />
      </Section>
    </>
  );
}

function Authentication({ draft, update, errorAt, isNew }: FormPart & { isNew: boolean }) {
  const { auth } = draft;
  const set = (change: Partial<AuthDraft>) => update({ auth: { ...auth, ...change } });
  const words = authWords(auth.type);
  return (
    <Section title="Signed by">
      <Select
        aria-label="Signed by"
        description={words.help}
        inputWrapperOrder={["label", "input", "description", "error"]}
        data={AUTHS.map(({ value, label }) => ({ value, label }))}
        value={auth.type}
        error={errorAt("/auth/type")}
        onChange={(type) => type && set({ type, secret: "" })}
      />
      {auth.type === "basic" && (
        <TextInput
          label="User"
          value={auth.username}
          error={errorAt("/auth/username")}
          onChange={(event) => set({ username: event.currentTarget.value })}
        />
      )}
      {auth.type === "hmac" && <HmacFields auth={auth} set={set} errorAt={errorAt} />}
      {auth.type !== "none" && (
        <PasswordInput
          label={words.theirs ? "Secret" : "Secret of your own"}
          description={
            isNew
              ? words.theirs
                ? "From the sender."
                : "Empty: the Hub makes one and shows it once."
              : "Empty keeps the one there is."
          }
          autoComplete="new-password"
          visibilityToggleButtonProps={{ "aria-label": "Show the secret" }}
          value={auth.secret}
          error={errorAt("/auth/secret")}
          onChange={(event) => set({ secret: event.currentTarget.value })}
        />
      )}
    </Section>
  );
}

interface HmacFieldsProps {
  auth: AuthDraft;
  set: (change: Partial<AuthDraft>) => void;
  errorAt: FormPart["errorAt"];
}

function HmacFields({ auth, set, errorAt }: HmacFieldsProps) {
  return (
    <div className={classes["inline"]}>
      <TextInput
        label="Header"
        w={200}
        value={auth.header}
        error={errorAt("/auth/header")}
        onChange={(event) => set({ header: event.currentTarget.value })}
      />
      <Select
        label="Algorithm"
        w={120}
        data={["sha256", "sha384", "sha512", "sha1"]}
        value={auth.algorithm}
        error={errorAt("/auth/algorithm")}
        onChange={(algorithm) => algorithm && set({ algorithm })}
      />
      <Select
        label="Written in"
        w={130}
        data={["hex", "base64", "base64url"]}
        value={auth.encoding}
        error={errorAt("/auth/encoding")}
        onChange={(encoding) => encoding && set({ encoding })}
      />
      <TextInput
        label="After"
        placeholder="sha256="
        w={120}
        value={auth.prefix}
        error={errorAt("/auth/prefix")}
        onChange={(event) => set({ prefix: event.currentTarget.value })}
      />
      <Select
        label="The secret is"
        w={130}
        data={["text", "hex", "base64"]}
        value={auth.secretEncoding}
        error={errorAt("/auth/secretEncoding")}
        onChange={(secretEncoding) => secretEncoding && set({ secretEncoding })}
      />
    </div>
  );
}
