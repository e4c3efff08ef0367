// The default name of a phone, from real browsers' user agents.
import { describe, expect, it } from 'vitest'
import { deviceName } from '../../../web-client/page/device-name.ts'

const ANDROID = 'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko)'
const IOS = 'AppleWebKit/605.1.15 (KHTML, like Gecko)'
const IPHONE = `Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) ${IOS}`
const MAC = `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${IOS}`

describe('the default name of a device', () => {
  it.each([
    ['Chrome on Android', `${ANDROID} Chrome/130.0.0.0 Mobile Safari/537.36`, 5],
    ['Samsung Internet on Android', `${ANDROID} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36`, 5],
    ['Edge on Android', `${ANDROID} Chrome/130.0.0.0 Mobile Safari/537.36 EdgA/130.0.0.0`, 5],
    ['Firefox on Android', 'Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0', 5],
    ['Safari on iPhone', `${IPHONE} Version/17.5 Mobile/15E148 Safari/604.1`, 5],
    ['Chrome on iPhone', `${IPHONE} CriOS/130.0.6723.90 Mobile/15E148 Safari/604.1`, 5],
    ['Firefox on iPhone', `${IPHONE} FxiOS/132.0 Mobile/15E148 Safari/605.1.15`, 5],
    ['iPhone', `${IPHONE} Mobile/15E148`, 5],
    ['Safari on iPad', `${MAC} Version/17.5 Safari/605.1.15`, 5],
    ['Safari on Mac', `${MAC} Version/17.5 Safari/605.1.15`, 0],
    ['Edge on Windows', 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0', 0],
    ['Chrome on Chromebook', 'Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/130.0.0.0 Safari/537.36', 0],
    ['Firefox on Linux', 'Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0', 0],
    ['Browser', 'curl', 0],
    ['Browser', '', 0],
  ])('is %s', (name, userAgent, maxTouchPoints) => {
    expect(deviceName({ userAgent, maxTouchPoints })).toBe(name)
  })

  it('is its model, if the browser reports it', () => {
    const userAgent = `${ANDROID} Chrome/130.0.0.0 Mobile Safari/537.36`
    expect(deviceName({ userAgent, maxTouchPoints: 5, model: 'Pixel 7' })).toBe('Chrome on Pixel 7')
    expect(deviceName({ userAgent, maxTouchPoints: 5, model: '' })).toBe('Chrome on Android')
  })

  it('has one line of at most 64 characters', () => {
    const name = deviceName({ userAgent: 'Chrome/1', maxTouchPoints: 0, model: `a\n\u202e${'b'.repeat(100)}` })
    expect(name).toBe(`Chrome on a ${'b'.repeat(52)}`)
  })
})
