"""Names of towns and cities of England and Wales: a record that names one of them beside a street may not be ours.

Names that are words of a street or of a sentence as well (Street, Sale, Deal, Battle, Ash) are left out, and an area's
own file adds its neighbours (``gazetteer.elsewhere``). Where one of them lies in a district of another name, it is ours
there.
"""

from collections.abc import Iterable

_NAMES = """
aberdare, abergavenny, aberystwyth, abingdon, accrington, aldershot, alfreton, altrincham, amersham, ammanford,
andover, ashby de la zouch, ashford, ashington, aylesbury, banbury, bangor, barking, barnet, barnsley, barnstaple,
barrow in furness, barry, basildon, basingstoke, bath, batley, beaconsfield, beccles, bedford, berwick upon tweed,
beverley, bexhill, bexley, bicester, bideford, biggleswade, billericay, birkenhead, birmingham, bishop auckland,
bishops stortford, blackburn, blackpool, bletchley, blyth, bodmin, bognor regis, bolton, bootle, boston, bournemouth,
bracknell, bradford, braintree, brecon, brent, brentwood, bridgend, bridgwater, bridlington, brighton, bristol,
bromley, bromsgrove, burnley, burton upon trent, bury st edmunds, buxton, caernarfon, caerphilly, camberley,
camborne, cambridge, cannock, canterbury, cardiff, cardigan, carlisle, carmarthen, castleford, chatham, chelmsford,
cheltenham, chepstow, chesham, cheshunt, chester, chesterfield, chester le street, chichester, chippenham, chorley,
cirencester, clacton on sea, cleethorpes, clitheroe, coalville, colchester, colwyn bay, congleton, consett, conwy,
corby, coventry, crawley, crewe, cromer, croydon, cwmbran, darlington, dartford, daventry, denbigh, derby, dereham,
devizes, dewsbury, diss, doncaster, dorchester, dorking, dover, droitwich, dudley, dunstable, durham, ealing,
eastbourne, east grinstead, eastleigh, ebbw vale, ely, enfield, epsom, exeter, exmouth, fakenham, falmouth, fareham,
farnborough, farnham, felixstowe, fleet, folkestone, gainsborough, gateshead, gillingham, glossop, gloucester, goole,
gosport, grantham, gravesend, great yarmouth, greenwich, grimsby, guildford, hackney, hadleigh, halesowen, halifax,
halstead, harlow, harpenden, harrogate, harrow, hartlepool, harwich, haslemere, hastings, hatfield, havant,
haverfordwest, haverhill, hemel hempstead, henley on thames, hereford, herne bay, hertford, hexham, high wycombe,
hinckley, hitchin, holyhead, horsham, hove, huddersfield, hull, hungerford, hunstanton, huntingdon, ilford,
ilkeston, ilkley, ipswich, islington, keighley, kendal, kettering, kidderminster, kings lynn, kingston upon hull,
kingston upon thames, kirkby, lambeth, lancaster, launceston, leamington spa, leatherhead, leeds, leicester,
leighton buzzard, leominster, letchworth, lewes, lewisham, leyland, lichfield, lincoln, liskeard, littlehampton,
littleport, liverpool, llandudno, llanelli, london, long eaton, loughborough, louth, lowestoft, ludlow, luton,
lytham st annes, macclesfield, maidenhead, maidstone, maldon, malvern, manchester, mansfield, margate, market
harborough, melton mowbray, merthyr tydfil, merton, middlesbrough, mildenhall, milton keynes, minehead, mold,
morecambe, morpeth, neath, nelson, newark, newark on trent, newbury, newcastle, newcastle under lyme, newcastle upon
tyne, newham, newmarket, newport, newport pagnell, newquay, newton abbot, newtown, northallerton, northampton, north
shields, northwich, norwich, nottingham, nuneaton, oakham, oldham, ormskirk, oswestry, oxford, paignton, pembroke,
penrith, penzance, peterborough, peterlee, plymouth, pontefract, pontypool, pontypridd, poole, porthcawl, portsmouth,
port talbot, potters bar, preston, pwllheli, ramsey, ramsgate, rawtenstall, rayleigh, reading, redcar, redditch,
redhill, redruth, reigate, rhondda, rhyl, richmond upon thames, ripon, rochdale, rochester, romford, rotherham, royston,
rugby, rugeley, runcorn, rushden, saffron walden, salford, salisbury, sandbach, scarborough, scunthorpe, selby,
sevenoaks, sheffield, sherborne, shrewsbury, sittingbourne, skegness, skelmersdale, skipton, sleaford, slough,
solihull, southampton, southend on sea, southend, southport, south shields, southwark, spalding, st albans, st asaph,
st austell, st davids, st helens, st ives, st neots, stafford, staines, stalybridge, stamford, stevenage, stockport,
stockton on tees, stoke on trent, stourbridge, stowmarket, stratford upon avon, stroud, sudbury, sunderland, sutton
coldfield, swaffham, swanage, swansea, swindon, tamworth, taunton, telford, tenby, tewkesbury, thetford, tilbury,
tipton, tiverton, tonbridge, torquay, totnes, trowbridge, truro, tunbridge wells, wakefield, wallasey, wallsend,
walsall, waltham cross, wantage, warrington, warwick, watford, wednesbury, wellingborough, welshpool, welwyn garden
city, west bromwich, westminster, weston super mare, weymouth, whitby, whitehaven, whitley bay, whitstable, widnes,
wigan, wimborne, winchester, windsor, wisbech, witham, witney, woking, wokingham, wolverhampton, worcester,
workington, worksop, worthing, wrexham, yeovil, york
"""
# What they are called in Welsh, without accents. Caer (Chester) is left out: it is a word of many streets.
_IN_WELSH = """
aberdare: aberdar; abergavenny: y fenni; ammanford: rhydaman; barry: y barri; brecon: aberhonddu; bridgend: pen y bont
ar ogwr; bristol: bryste; caerphilly: caerffili; cardiff: caerdydd; cardigan: aberteifi; carmarthen: caerfyrddin;
chepstow: cas gwent; colwyn bay: bae colwyn; denbigh: dinbych; ebbw vale: glyn ebwy, glynebwy; haverfordwest: hwlffordd;
hereford: henffordd; holyhead: caergybi; liverpool: lerpwl; london: llundain; merthyr tydfil: merthyr tudful; mold:
yr wyddgrug; neath: castell nedd; newport: casnewydd; newtown: y drenewydd; oswestry: croesoswallt; pembroke: penfro;
pontypool: pont y pwl; rhyl: y rhyl; shrewsbury: amwythig; st asaph: llanelwy; st davids: tyddewi; swansea: abertawe;
tenby: dinbych y pysgod; welshpool: y trallwng; wrexham: wrecsam
"""


def _listed(entries: str) -> dict[str, frozenset[str]]:
    """Lists by the name before their colon: ``name: one, another; name: one``."""
    pairs = (entry.partition(":") for entry in " ".join(entries.split()).split(";"))
    return {name.strip(): frozenset(held.strip() for held in names.split(",")) for name, _, names in pairs}


_NAMES_OF = {english: welsh | {english} for english, welsh in _listed(_IN_WELSH).items()}
TOWNS = frozenset(" ".join(name.split()) for name in _NAMES.split(",")).union(*_NAMES_OF.values())

# Districts, of today and of before, and the towns of other names in them: in Rutland, "Mill Street, Oakham" is ours.
_DISTRICTS = """
allerdale: workington; amber valley: alfreton; arun: bognor regis, littlehampton; aylesbury vale: aylesbury; babergh:
hadleigh, sudbury; barking and dagenham: barking, london; barnet: london; basildon: billericay; basingstoke and deane:
basingstoke; bassetlaw: worksop; bath and north east somerset: bath; bexley: london; birmingham: sutton coldfield;
blackburn with darwen: blackburn; blaenau gwent: ebbw vale; bournemouth christchurch and poole: bournemouth, poole;
bracknell forest: bracknell; bradford: ilkley, keighley; braintree: halstead; breckland: dereham, swaffham, thetford;
brent: london; bridgend: porthcawl; brighton and hove: brighton, hove; bromley: london; broxbourne: cheshunt, waltham
cross; buckinghamshire: amersham, aylesbury, beaconsfield, chesham, high wycombe; calderdale: halifax; camden: london;
cannock chase: cannock, rugeley; canterbury: herne bay, whitstable; carmarthenshire: ammanford, carmarthen, llanelli;
central bedfordshire: biggleswade, dunstable, leighton buzzard; ceredigion: aberystwyth, cardigan; charnwood:
loughborough; cherwell: banbury, bicester; cheshire east: congleton, crewe, macclesfield, sandbach; cheshire west and
chester: chester, northwich; chiltern: amersham, chesham; city of london: london; conwy: colwyn bay, conwy, llandudno;
copeland: whitehaven; cornwall: bodmin, camborne, falmouth, launceston, liskeard, newquay, penzance, redruth, st
austell, st ives, truro; cotswold: cirencester; county durham: bishop auckland, chester le street, consett, durham,
peterlee; craven: skipton; croydon: london; cumberland: carlisle, whitehaven, workington; dacorum: hemel hempstead;
denbighshire: denbigh, rhyl, st asaph; dorset: dorchester, gillingham, sherborne, swanage, weymouth, wimborne; dudley:
halesowen, stourbridge; ealing: london; east cambridgeshire: ely, littleport; east devon: exmouth; east dorset:
wimborne; east hertfordshire: bishops stortford, hertford; east lindsey: louth, skegness; east northamptonshire:
rushden; east riding of yorkshire: beverley, bridlington, goole; east staffordshire: burton upon trent; east suffolk:
beccles, felixstowe, lowestoft; eden: penrith; enfield: london; epping forest: waltham cross; epsom and ewell: epsom;
erewash: ilkeston, long eaton; fenland: wisbech; flintshire: mold; folkestone and hythe: folkestone; forest heath:
mildenhall, newmarket; fylde: lytham st annes; gravesham: gravesend; greenwich: london; gwynedd: bangor, caernarfon,
pwllheli; hackney: london; halton: runcorn, widnes; hambleton: northallerton; hammersmith and fulham: london;
harborough: market harborough; haringey: london; harrogate: ripon; harrow: london; hart: fleet; havering: london,
romford; herefordshire: hereford, leominster; hertsmere: potters bar; high peak: buxton, glossop; hillingdon: london;
hinckley and bosworth: hinckley; hounslow: london; huntingdonshire: huntingdon, ramsey, st ives, st neots; hyndburn:
accrington; isle of anglesey: holyhead; isle of wight: newport; islington: london; kensington and chelsea: london;
kings lynn and west norfolk: hunstanton, kings lynn; kingston upon hull: hull; kingston upon hull city of: hull,
kingston upon hull; kingston upon thames: london; kirklees: batley, dewsbury, huddersfield; knowsley: kirkby; lambeth:
london; lancaster: morecambe; lewisham: london; malvern hills: malvern; medway: chatham, gillingham, rochester;
melton: melton mowbray; merton: london; mid devon: tiverton; mid suffolk: stowmarket; mid sussex: east grinstead;
milton keynes: bletchley, newport pagnell; mole valley: dorking, leatherhead; monmouthshire: abergavenny, chepstow;
neath port talbot: neath, port talbot; newark and sherwood: newark, newark on trent; newcastle under lyme: newcastle;
newcastle upon tyne: newcastle; newham: london; north devon: barnstaple; north dorset: gillingham; north east
lincolnshire: cleethorpes, grimsby; north hertfordshire: hitchin, letchworth, royston; north kesteven: sleaford; north
lincolnshire: scunthorpe; north norfolk: cromer, fakenham; north northamptonshire: corby, kettering, rushden,
wellingborough; north somerset: weston super mare; north tyneside: north shields, wallsend, whitley bay; north west
leicestershire: ashby de la zouch, coalville; north yorkshire: harrogate, northallerton, ripon, scarborough, selby,
skipton, whitby; northumberland: ashington, berwick upon tweed, blyth, hexham, morpeth; nuneaton and bedworth:
nuneaton; pembrokeshire: haverfordwest, pembroke, st davids, tenby; pendle: nelson; powys: brecon, newtown, welshpool;
purbeck: swanage; redbridge: ilford, london; redcar and cleveland: redcar; reigate and banstead: redhill, reigate;
rhondda cynon taf: aberdare, pontypridd, rhondda; ribble valley: clitheroe; richmond upon thames: london; rochford:
rayleigh; rossendale: rawtenstall; rother: bexhill; rushmoor: aldershot, farnborough; rutland: oakham; sandwell:
tipton, wednesbury, west bromwich; scarborough: whitby; sedgemoor: bridgwater; sefton: bootle, southport; shepway:
folkestone; shropshire: ludlow, oswestry, shrewsbury; somerset: bridgwater, minehead, taunton, yeovil; somerset west
and taunton: minehead, taunton; south bucks: beaconsfield; south hams: totnes; south holland: spalding; south
kesteven: grantham, stamford; south lakeland: kendal; south norfolk: diss; south oxfordshire: henley on thames; south
ribble: leyland; south somerset: yeovil; south tyneside: south shields; southend on sea: southend; southwark: london;
spelthorne: staines; st albans: harpenden; st edmundsbury: bury st edmunds, haverhill; stratford on avon: stratford
upon avon; suffolk coastal: felixstowe; surrey heath: camberley; sutton: london; swale: sittingbourne; tameside:
stalybridge; taunton deane: taunton; teignbridge: newton abbot; telford and wrekin: newport, telford; tendring:
clacton on sea, harwich; test valley: andover; thanet: margate, ramsgate; the vale of glamorgan: barry; thurrock:
tilbury; tonbridge and malling: tonbridge; torbay: paignton, torquay; torfaen: cwmbran, pontypool; torridge: bideford;
tower hamlets: london; trafford: altrincham; uttlesford: saffron walden; vale of glamorgan: barry; vale of white
horse: abingdon, wantage; vale royal: northwich; wakefield: castleford, pontefract; waltham forest: london;
wandsworth: london; warwick: leamington spa; waveney: beccles, lowestoft; waverley: farnham, haslemere; welwyn
hatfield: hatfield, welwyn garden city; west berkshire: hungerford, newbury; west dorset: dorchester, sherborne; west
lancashire: ormskirk, skelmersdale; west lindsey: gainsborough; west northamptonshire: daventry, northampton; west
oxfordshire: witney; west suffolk: bury st edmunds, haverhill, mildenhall, newmarket; westminster: london; westmorland
and furness: barrow in furness, kendal, penrith; weymouth and portland: weymouth; wiltshire: chippenham, devizes,
salisbury, trowbridge; windsor and maidenhead: maidenhead, windsor; wirral: birkenhead, wallasey; wychavon: droitwich;
wycombe: high wycombe; wyre forest: kidderminster
"""
# Districts whose name in Welsh is another, and not that of a town above.
_DISTRICTS_IN_WELSH = {
    "bro morgannwg": "vale of glamorgan",
    "castell nedd port talbot": "neath port talbot",
    "sir benfro": "pembrokeshire",
    "sir ddinbych": "denbighshire",
    "sir fynwy": "monmouthshire",
    "sir gaerfyrddin": "carmarthenshire",
    "sir gar": "carmarthenshire",
    "sir y fflint": "flintshire",
    "tor faen": "torfaen",
    "ynys mon": "isle of anglesey",
}
_TOWNS_IN = _listed(_DISTRICTS)


def in_both_languages(towns: Iterable[str]) -> frozenset[str]:
    """
    The names given, and what the towns among them are called in the other language.

    Examples
    --------
    >>> sorted(in_both_languages(["merthyr tudful", "gurnos"]))
    ['gurnos', 'merthyr tudful', 'merthyr tydfil']
    """
    given = frozenset(towns)
    return given.union(*(names for names in _NAMES_OF.values() if names & given))


def towns_in(districts: Iterable[str]) -> frozenset[str]:
    """
    The towns that lie in districts of other names.

    Examples
    --------
    >>> sorted(towns_in(["south kesteven", "rutland"]))
    ['grantham', 'oakham', 'stamford']
    >>> sorted(towns_in(["ynys mon"]))  # districts by their Welsh names, and towns by both
    ['caergybi', 'holyhead']
    """
    english = (_DISTRICTS_IN_WELSH.get(district, district) for district in in_both_languages(districts))
    return in_both_languages(town for district in english for town in _TOWNS_IN.get(district, ()))
