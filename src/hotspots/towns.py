"""Names of towns and cities of England and Wales: a record that names one of them beside a street may not be ours.

Names that are words of a street or of a sentence as well (Street, Sale, Deal, Battle, Ash) are left out, and an area's
own file adds its neighbours (``gazetteer.elsewhere``).
"""

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
TOWNS = frozenset(" ".join(name.split()) for name in _NAMES.split(","))
