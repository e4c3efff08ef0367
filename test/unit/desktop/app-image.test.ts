// Finds the AppImage that the app runs from.
import { expect, test } from 'vitest'
import { appImage } from '../../../main/desktop/system/app-image.ts'

const env = { APPIMAGE: '/home/me/On the Go.AppImage', APPDIR: '/tmp/.mount_OnXyz' }

test('returns the AppImage that contains the program', () => {
  expect(appImage(env, '/tmp/.mount_OnXyz/on-the-go')).toBe(env.APPIMAGE)
  expect(appImage({ ...env, APPDIR: '/tmp/.mount_OnXyz/' }, '/tmp/.mount_OnXyz/on-the-go')).toBe(env.APPIMAGE)
})

test('ignores variables that a shell inside another AppImage has passed on', () => {
  expect(appImage(env, '/opt/On the Go/on-the-go')).toBeUndefined()
  expect(appImage(env, '/tmp/.mount_OnXyz2/on-the-go')).toBeUndefined()
})

test('returns undefined without the variables', () => {
  expect(appImage({}, '/tmp/.mount_OnXyz/on-the-go')).toBeUndefined()
  expect(appImage({ APPIMAGE: env.APPIMAGE }, '/usr/bin/on-the-go')).toBeUndefined()
})
