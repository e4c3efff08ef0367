// Which file an app is that runs from an AppImage: another's variables are not its own.
import { expect, test } from 'vitest'
import { appImage } from '../../../main/desktop/system/app-image.ts'

const env = { APPIMAGE: '/home/me/On the Go.AppImage', APPDIR: '/tmp/.mount_OnXyz' }

test('the file is the one that the program lies in', () => {
  expect(appImage(env, '/tmp/.mount_OnXyz/on-the-go')).toBe(env.APPIMAGE)
  expect(appImage({ ...env, APPDIR: '/tmp/.mount_OnXyz/' }, '/tmp/.mount_OnXyz/on-the-go')).toBe(env.APPIMAGE)
})

test('what a shell in another AppImage passes on names that other one, which is never replaced', () => {
  expect(appImage(env, '/opt/On the Go/on-the-go')).toBeUndefined()
  expect(appImage(env, '/tmp/.mount_OnXyz2/on-the-go')).toBeUndefined()
})

test('without its variables there is none', () => {
  expect(appImage({}, '/tmp/.mount_OnXyz/on-the-go')).toBeUndefined()
  expect(appImage({ APPIMAGE: env.APPIMAGE }, '/usr/bin/on-the-go')).toBeUndefined()
})
