import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { recogniseLabelsFile } from '@engine/data/sources/labelsFile'
import { openSource } from '@engine/data/sources/openSource'
import { openFolderTree } from '@engine/data/sources/folderTree'
import { temporaryFolder } from '../formats/temporaryFolder'
import { recordingContext } from './imageFiles'

/** Files are only named here, so that any content does. */
async function folderWith(files: Record<string, string | Buffer>): Promise<string> {
  const folder = await temporaryFolder()
  for (const [file, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), content)
  }
  return folder
}

const images = (...names: string[]) => Object.fromEntries(names.map((name) => [name, 'x']))

async function recognised(folder: string) {
  const source = await openSource(folder, { work: folder, context: recordingContext(), checkpoint: () => undefined })
  await source.close()
  const found = source.images.map(
    ({ file, className, split }) => `${file}=${className}${split === null ? '' : `/${split}`}`,
  )
  return { ...source, found }
}

describe('labels in a file', () => {
  const four = images('a.jpg', 'b.jpg', 'c.jpg', 'd.jpg')
  const expected = ['a.jpg=cat', 'b.jpg=dog', 'c.jpg=cat', 'd.jpg=dog']
  const forms: Record<string, [name: string, content: string | Buffer]> = {
    'CSV with a header': ['labels.csv', 'filename,label\na.jpg,cat\nb.jpg,dog\nc.jpg,cat\nd.jpg,dog\n'],
    'CSV without one': ['x.csv', 'a.jpg,cat\nb.jpg,dog\nc.jpg,cat\nd.jpg,dog'],
    'semicolons, quotes and a mark': [
      'l.csv',
      '\uFEFF"file";"class"\r\n"a.jpg";"cat"\r\nb.jpg;dog\r\nc.jpg;cat\r\nd.jpg;dog\r\n',
    ],
    tabs: ['l.tsv', 'image\tspecies\na.jpg\tcat\nb.jpg\tdog\nc.jpg\tcat\nd.jpg\tdog'],
    'UTF-16': [
      'l.csv',
      Buffer.concat([
        Buffer.from([0xff, 0xfe]),
        Buffer.from('file,label\na.jpg,cat\nb.jpg,dog\nc.jpg,cat\nd.jpg,dog', 'utf16le'),
      ]),
    ],
    'identifiers, other columns first': [
      'train.csv',
      'width,id,breed,note\n3,a,cat,p\n4,b,dog,q\n5,c,cat,r\n6,d,dog,s',
    ],
    'paths of another machine': [
      'l.csv',
      'path,label\n/home/x/pets/a.jpg,cat\nC:\\pets\\b.jpg,dog\n./c.jpg,cat\npets/d.jpg,dog',
    ],
    'JSON from file to label': [
      'labels.json',
      JSON.stringify({ 'a.jpg': 'cat', 'b.jpg': 'dog', 'c.jpg': 'cat', 'd.jpg': 'dog' }),
    ],
    'JSON from class to files': ['classes.json', JSON.stringify({ cat: ['a.jpg', 'c.jpg'], dog: ['b.jpg', 'd.jpg'] })],
    'JSON list of objects': [
      'l.json',
      JSON.stringify(
        ['a', 'b', 'c', 'd'].map((name, i) => ({ file_name: `${name}.jpg`, label: i % 2 ? 'dog' : 'cat' })),
      ),
    ],
    'JSON list of pairs in an object': [
      'dataset.json',
      JSON.stringify({
        version: 1,
        labels: [
          ['a.jpg', 'cat'],
          ['b.jpg', 'dog'],
          ['c.jpg', 'cat'],
          ['d.jpg', 'dog'],
        ],
      }),
    ],
    'JSON from file to object': [
      'l.json',
      JSON.stringify({
        'a.jpg': { label: 'cat' },
        'b.jpg': { label: 'dog' },
        'c.jpg': { label: 'cat' },
        'd.jpg': { label: 'dog' },
      }),
    ],
    'JSON lines': [
      'metadata.jsonl',
      '{"file_name":"a.jpg","label":"cat"}\n{"file_name":"b.jpg","label":"dog"}\n{"file_name":"c.jpg","label":"cat"}\n{"file_name":"d.jpg","label":"dog"}\n',
    ],
  }
  for (const [form, [name, content]] of Object.entries(forms)) {
    it(`are read from ${form}`, async () => {
      const source = await recognised(await folderWith({ ...four, [name]: content }))
      expect(source.found).toEqual(expected)
      expect(source).toMatchObject({ classes: ['cat', 'dog'], skipped: [] })
      expect(source.recognised).toContain(name)
    })
  }

  it('are numbers in their order, even where images are called like them', async () => {
    const names = Array.from({ length: 24 }, (_, index) => `${index}.png`)
    const rows = names.map((name, index) => `${name},${index % 12}`)
    const source = await recognised(await folderWith({ ...images(...names), 'l.csv': `image,y\n${rows.join('\n')}` }))
    expect(source.classes).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11'])
    expect(source.found).toContain('23.png=11')
  })

  it('say the split in a column, in folders or in files of their own', async () => {
    const column = await recognised(
      await folderWith({
        ...four,
        'l.csv': 'file,split,label\na.jpg,Train,cat\nb.jpg,TRAIN,dog\nc.jpg,valid,cat\nd.jpg,test,dog',
      }),
    )
    // The test image is left aside, since there is one for validation.
    expect(column.found).toEqual(['a.jpg=cat/train', 'b.jpg=dog/train', 'c.jpg=cat/val'])
    const flag = await recognised(
      await folderWith({
        ...four,
        'l.csv': 'fname,label,is_valid\na.jpg,cat,False\nb.jpg,dog,False\nc.jpg,cat,True\nd.jpg,dog,False',
      }),
    )
    expect(flag.found).toEqual(['a.jpg=cat/train', 'b.jpg=dog/train', 'c.jpg=cat/val', 'd.jpg=dog/train'])
    const folders = await recognised(
      await folderWith({
        ...images('train/a.jpg', 'train/b.jpg', 'test/c.jpg'),
        'l.csv': 'file,label\ntrain/a.jpg,cat\ntrain/b.jpg,dog\ntest/c.jpg,cat',
      }),
    )
    expect(folders.found).toEqual(['test/c.jpg=cat/val', 'train/a.jpg=cat/train', 'train/b.jpg=dog/train'])
    const files = await recognised(
      await folderWith({
        ...four,
        'train_labels.csv': 'file,label\na.jpg,cat\nb.jpg,dog',
        'val_labels.csv': 'file,label\nc.jpg,cat\nd.jpg,dog',
      }),
    )
    expect(files.found).toEqual(['a.jpg=cat/train', 'b.jpg=dog/train', 'c.jpg=cat/val', 'd.jpg=dog/val'])
  })

  it('tell which rows and images do not fit', async () => {
    const rows = ['a.jpg,cat', 'b.jpg,dog', 'b.jpg,cat', 'c.jpg,', 'gone.jpg,dog']
    const source = await recognised(await folderWith({ ...four, 'labels.csv': `file,label\n${rows.join('\n')}` }))
    expect(source.found).toEqual(['a.jpg=cat', 'b.jpg=dog'])
    expect(new Map(source.skipped.map(({ file, reason }) => [file, reason]))).toEqual(
      new Map([
        ['b.jpg', 'it is listed with two labels'],
        ['gone.jpg', 'labels.csv lists it, but it is not there'],
        ['c.jpg', "labels.csv doesn't list it"],
        ['d.jpg', "labels.csv doesn't list it"],
      ]),
    )
  })

  it('give way to class folders that say the same, and win over folders that are no classes', async () => {
    const folder = await folderWith({
      ...images('red/1.png', 'blue/2.png'),
      'noisy.csv': 'path,noisy_labels_0\nred/1.png,red\nblue/2.png,red',
    })
    expect((await recognised(folder)).found).toEqual(['blue/2.png=blue', 'red/1.png=red'])
    const other = await folderWith({
      ...images('part1/1.png', 'part2/2.png'),
      'labels.csv': 'path,label\npart1/1.png,red\npart2/2.png,blue',
    })
    expect((await recognised(other)).found).toEqual(['part1/1.png=red', 'part2/2.png=blue'])
  })

  it('may be chosen themselves', async () => {
    const folder = await folderWith({
      ...four,
      'a.csv': 'file,label\na.jpg,x\nb.jpg,y',
      'b.csv': 'file,label\nc.jpg,p\nd.jpg,q',
    })
    expect((await recognised(join(folder, 'b.csv'))).found).toEqual(['c.jpg=p', 'd.jpg=q'])
    await writeFile(join(folder, 'c.csv'), 'wind,weather\n3,fair\n')
    await expect(recognised(join(folder, 'c.csv'))).rejects.toThrow(/c\.csv doesn't list the images beside it/)
  })

  it('find 100,000 images in a few seconds', async () => {
    const folder = await folderWith({ 'l.csv': '' })
    const names = Array.from({ length: 100_000 }, (_, index) => `image-${index}.jpg`)
    const tree = await openFolderTree(folder)
    const table = `file,label\n${names.map((name, index) => `${name},${index % 7}`).join('\n')}`
    const fileOf = (file: string, text: string) => ({
      file,
      shownAs: file,
      stamp: () => Promise.resolve(''),
      read: () => Promise.resolve(Buffer.from(text)),
    })
    const files = [...names.map((name) => fileOf(name, '')), fileOf('l.csv', table)]
    const started = performance.now()
    const source = await recogniseLabelsFile({ ...tree, files }, null)
    expect(source?.images.length).toBe(100_000)
    expect(source?.classes.length).toBe(7)
    expect(performance.now() - started).toBeLessThan(15_000)
  })
})
