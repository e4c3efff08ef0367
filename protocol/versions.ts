// The protocol's versions. Apart from the messages, so that `otg notify` starts without their schemas.

/** The protocol versions that this side speaks, best last. */
export const VERSIONS = [1]
