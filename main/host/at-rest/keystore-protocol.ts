// What the host's main loop and the thread that asks the keystore exchange. Types only.

export type KeystoreRequest =
  | { do: 'get'; account: string }
  | { do: 'set'; account: string; secret: string }
  | { do: 'remove'; account: string }

export type FromKeystore = { secret: string | undefined } | { error: string }
