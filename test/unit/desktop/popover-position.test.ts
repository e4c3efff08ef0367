// Computes the popover's position.
import { describe, expect, test } from 'vitest'
import { popoverPosition } from '../../../main/desktop/windows/popover-position.ts'

const size = { width: 360, height: 480 }
const screen = (workArea: { x: number; y: number; width: number; height: number }) => ({
  bounds: { x: 0, y: 0, width: 1920, height: 1080 },
  workArea,
})
const BELOW = screen({ x: 0, y: 0, width: 1920, height: 1040 })
const ABOVE = screen({ x: 0, y: 32, width: 1920, height: 1048 })

describe('the popover', () => {
  test('is centered above an icon in a panel at the bottom', () => {
    const icon = { x: 1500, y: 1048, width: 24, height: 24 }
    expect(popoverPosition({ icon, pointer: { x: 3, y: 3 }, size, display: BELOW })).toEqual({ x: 1332, y: 554 })
  })

  test('is below an icon in a panel at the top', () => {
    const icon = { x: 1500, y: 4, width: 24, height: 24 }
    expect(popoverPosition({ icon, pointer: { x: 3, y: 3 }, size, display: ABOVE })).toEqual({ x: 1332, y: 38 })
  })

  test('stays in the work area for an icon in the corner', () => {
    const icon = { x: 1890, y: 1048, width: 24, height: 24 }
    expect(popoverPosition({ icon, pointer: { x: 3, y: 3 }, size, display: BELOW })).toEqual({ x: 1554, y: 554 })
  })

  test('is at the pointer if the icon’s position is unknown', () => {
    const icon = { x: 0, y: 0, width: 0, height: 0 }
    expect(popoverPosition({ icon, pointer: { x: 900, y: 20 }, size, display: ABOVE })).toEqual({ x: 720, y: 38 })
    expect(popoverPosition({ pointer: { x: 5, y: 1079 }, size, display: BELOW })).toEqual({ x: 6, y: 554 })
  })

  test('is in the corner of the panel if neither position is known', () => {
    const pointer = { x: 0, y: 0 }
    expect(popoverPosition({ pointer, size, display: BELOW })).toEqual({ x: 1554, y: 554 })
    expect(popoverPosition({ pointer, size, display: ABOVE })).toEqual({ x: 1554, y: 38 })
  })

  test('stays on a second screen with another origin', () => {
    const display = {
      bounds: { x: -1280, y: 200, width: 1280, height: 800 },
      workArea: { x: -1280, y: 200, width: 1280, height: 760 },
    }
    expect(popoverPosition({ pointer: { x: -20, y: 980 }, size, display })).toEqual({ x: -366, y: 474 })
  })

  test('shows its top on a screen that is too low for it', () => {
    const display = {
      bounds: { x: 0, y: 0, width: 800, height: 400 },
      workArea: { x: 0, y: 0, width: 800, height: 400 },
    }
    expect(popoverPosition({ pointer: { x: 700, y: 390 }, size, display }).y).toBe(6)
  })
})
