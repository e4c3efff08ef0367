// The violations that axe rates serious or critical, with their elements.
import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'

/** Terminal rows are excluded: programs choose their colors. */
export async function accessibilityViolations(page: Page): Promise<string[]> {
  const axe = new AxeBuilder({ page }).setLegacyMode().exclude('.xterm-rows')
  // Keys show short labels (Esc, PgUp), which screen readers cannot pronounce; their names are the full words.
  const { violations } = await axe.disableRules(['label-content-name-mismatch']).analyze()
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html).join(' | ')}`)
}
