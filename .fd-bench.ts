import sharp from 'sharp'
import { mkdir, rm, writeFile, readdir } from 'node:fs/promises'
import { prepareDataset } from '@engine/data/prepare'
const ctx = { emit: () => {}, cancelled: new AbortController().signal, stopRequested: ()=>false }
const src='/tmp/fd/bench-src'
await rm(src,{recursive:true,force:true})
const W=500,H=375
for (const c of ['a','b']) { await mkdir(`${src}/${c}`,{recursive:true})
 for (let i=0;i<8;i++){ const b=Buffer.alloc(W*H*3); for(let k=0;k<b.length;k++) b[k]=Math.random()*255
  const im=await sharp(b,{raw:{width:W,height:H,channels:3}}).blur(2.5).normalise().jpeg({quality:82}).toBuffer(); if(i==0)console.log('jpeg KB',im.length/1024)
  for(let r=0;r<50;r++) await writeFile(`${src}/${c}/${i}-${r}.jpg`,im) } }
const files=(await Promise.all(['a','b'].map(async c=>(await readdir(`${src}/${c}`)).map(f=>`${src}/${c}/${f}`)))).flat()
async function measure(name: string, f:()=>Promise<unknown>){ const t=performance.now(), c=process.cpuUsage(); await f(); const u=process.cpuUsage(c); const cpu=(u.user+u.system)/1e6; console.log(name,'wall',((performance.now()-t)/1000).toFixed(2),'cpu ms/image',(cpu*1000/files.length).toFixed(2),'=> 2 free cores:',(2*files.length/cpu).toFixed(0),'/s') }
async function pool(n:number, g:(p:string)=>Promise<unknown>){ const it=files.values(); sharp.concurrency(1); await Promise.all(Array.from({length:n},async()=>{for(const p of it) await g(p)})) }
for (let rep=0;rep<2;rep++){
await measure('prepare', ()=>prepareDataset({source:src,out:'/tmp/fd/bench-out',imageSize:256,valFraction:.1},ctx))
for (const k of ['linear','lanczos3'] as const) await measure('bare '+k, ()=>pool(3,p=>sharp(p).resize(256,256,{fit:'fill',kernel:k}).raw().toBuffer()))
await measure('bare + orient + flatten + srgb', ()=>pool(3,p=>sharp(p,{autoOrient:true}).flatten({background:'#fff'}).resize(256,256,{fit:'fill',kernel:'linear'}).toColourspace('srgb').raw({depth:'uchar'}).toBuffer()))
await measure('bare decode only', ()=>pool(3,p=>sharp(p).raw().toBuffer()))
await measure('metadata', ()=>pool(3,p=>sharp(p).metadata()))
}
