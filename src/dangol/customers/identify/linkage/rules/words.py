"""Words the linkage knows: frequent names, words of streets, short forms, what stands for nothing."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Korean family names of one syllable and of two.
HANGUL_FAMILY = frozenset(
    "가간감강견경고공곽구국권금기길김남노도동두라류마맹명모목문민박반방배백범변복봉부빈사서석선설성소손송"
    "승신심안양엄여연염예오옥온왕용우원위유육윤은음이인임장전정제조좌주지진차채천최추탁태팽편표피하한함허"
    "현형호홍황"
)
DOUBLE_FAMILY = _words("남궁 독고 동방 망절 사공 서문 선우 어금 제갈 황보")
FAMILY_NAMES = HANGUL_FAMILY | DOUBLE_FAMILY
GIVEN_NAMES = _words("""
aaron abigail adam alexander alexis alice alicia amanda amber amy andrea andrew angela ann anna anthony
arthur ashley austin bailey barbara benjamin betty beverly billy brandon brenda brian brittany bruce bryan
caitlin cameron carl carol carolyn catherine charles charlotte cheryl chloe christian christina christine
christopher connor cooper cynthia daniel danielle david deborah debra denise dennis diana diane donna doris
dorothy douglas dylan ebony edward elizabeth ella emily emma eric erin ethan evelyn frances frank gary
george georgia gerald gloria grace gregory hannah harold harry heather helen henry holly isabella jack jacob
jacqueline jade jake james janet janice jasmine jason jean jeffrey jennifer jeremy jerry jesse jessica
jihoon jiwon joan joe john jonathan jordan jose joseph joshua joyce judith judy julia julie justin karen
katherine kathleen kathryn kayla keith kelly kenneth kevin kimberly kyle lachlan larry laura lauren lawrence
liam lily linda lisa logan lucas luke madison margaret maria marie marilyn mark martha mary matthew max
megan melissa mia michael michelle minji minsu mitchell nancy natalie nathan nicholas nicole noah oliver
olivia pamela patricia patrick paul peter rachel raymond rebecca richard robert roger ronald ruby ruth ryan
samantha samuel sandra sara sarah scott sean sharon shirley soojin sophia sophie stephanie stephen steven
susan tahlia teresa terry theresa thomas timothy tyler victoria virginia walter william zachary zoe
""")
LATIN_FAMILY = _words("""
adams allen alvarez anderson bailey baker bennett brooks brown campbell carter castillo chavez cho choi
clark clarke collins cook cooper cox cruz davis diaz edwards evans flores foster garcia gomez gonzalez gray
green gutierrez hall harris hernandez hill howard hughes jackson james jang jimenez johnson jones jung kang
kelly kim king lee lewis lim long lopez martin martinez mendoza miller mitchell moore morales morgan morris
murphy myers nelson nguyen ortiz park parker patel perez peterson phillips price ramirez ramos reed reid
reyes richardson rivera roberts robinson rodriguez rogers ross ruiz ryan sanchez sanders scott smith stewart
taylor thomas thompson torres turner walker ward watson webb white williams wilson wood wright yoon young
""")
STREET_WORDS = _words("""
av ave ave. avenue blvd blvd. boulevard cir circle circuit close court cres crescent ct dr dr. drive highway
hwy hwy. lane ln ln. parade parkway pkwy pl place rd rd. road rue sq square st st. strasse street tce
terrace via way way. weg
""")
# Long forms and the short one they are compared as.
_SHORT = """
street=st sts=st road=rd avenue=ave av=ave boulevard=blvd blv=blvd drive=dr lane=ln court=ct place=pl
crescent=cres circuit=cct terrace=tce parade=pde highway=hwy parkway=pkwy square=sq circle=cir north=n south=s
east=e west=w apartment=apt suite=ste first=1st second=2nd third=3rd fourth=4th fifth=5th sixth=6th seventh=7th
eighth=8th ninth=9th tenth=10th mount=mt saint=st fort=ft between=btw delicatessen=deli 서울특별시=서울
서울시=서울 부산광역시=부산 부산시=부산 대구광역시=대구 대구시=대구 인천광역시=인천 인천시=인천 광주광역시=광주
대전광역시=대전 대전시=대전 울산광역시=울산 울산시=울산 세종특별자치시=세종 세종시=세종 경기도=경기 강원도=강원
강원특별자치도=강원 충청북도=충북 충청남도=충남 전라북도=전북 전북특별자치도=전북 전라남도=전남 경상북도=경북
경상남도=경남 제주특별자치도=제주 제주도=제주
"""
SHORT = dict(pair.split("=") for pair in _SHORT.split())
# What people write where they have nothing to write.
NOTHING = _words("#n/a - -- . <na> ? n/a na nan nat nil none null test unknown x xx xxx 모름 무 미상 없음 해당없음") | {
    ""
}
_MONTHS = """
january jan
february feb
march mar
april apr
may
june jun
july jul
august aug
september sep sept
october oct
november nov
december dec
"""
MONTHS = {name: number for number, line in enumerate(_MONTHS.split("\n")[1:], 1) for name in line.split()}
