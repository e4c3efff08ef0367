// Error messages as sentences on screens. Hosts and clients write them in lower case, without a full stop.

export function sentence(message: string): string {
  return message.charAt(0).toUpperCase() + message.slice(1) + (/[.!?]$/.test(message) ? '' : '.')
}
