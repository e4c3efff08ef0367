// Runs a request when the host knows where its client comes from.
import { toCoded } from '../../../protocol/errors.ts'
import type { ClientAccess } from '../access/local-clients.ts'
import type { Outlet } from './outlet.ts'

/** At once if it is known, so that requests keep their order. Throws what `run` throws, or refuses the request with it. */
export function afterOrigin(access: ClientAccess, outlet: Outlet, request_id: number, run: () => void): void {
  const finding = access.find()
  if (!finding) return run()
  finding
    .then(() => {
      if (!outlet.closed) run()
    })
    .catch(error => outlet.refuse(toCoded(error), request_id))
}
