import { useQuery } from "@tanstack/react-query";

import classes from "./Runners.module.css";

interface PairingFacts {
  caSha256: string | null;
}

async function ask(): Promise<PairingFacts> {
  const response = await fetch("/.well-known/exekra");
  return (await response.json()) as PairingFacts;
}

/** The Hub's certificate authority, as the runner shows it while it is paired. */
export function Fingerprint() {
  const { data } = useQuery({ queryKey: ["pairing-facts"], queryFn: ask, staleTime: Infinity });
  if (!data?.caSha256)
    return (
      <span className="dim">This Hub uses a certificate of your own; the runner trusts it as this machine does.</span>
    );
  return (
    <div className={classes["fingerprint"]} role="img" aria-label={`SHA-256 ${data.caSha256}`}>
      {(data.caSha256.match(/.{1,8}/g) ?? []).map((part, index) => (
        <span key={index}>{part}</span>
      ))}
    </div>
  );
}
