// What axe calls serious or critical on a page, with the elements. Knows no screens.
import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'

/** Rows of a terminal have the colours that programs choose. */
export async function accessibilityViolations(page: Page): Promise<string[]> {
  const axe = new AxeBuilder({ page }).setLegacyMode().exclude('.xterm-rows')
  // Keys show what is printed on keys (Esc, PgUp), which a screen reader cannot read out; their names are the whole words.
  const { violations } = await axe.disableRules(['label-content-name-mismatch']).analyze()
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html).join(' | ')}`)
}
