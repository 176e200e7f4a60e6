"""The seventeen provinces and metropolitan cities under every name they are written by, old ones included.

Source: Local Autonomy Act, article 2; Special Act on Gangwon (11 June 2023) and on Jeonbuk (18 January 2024), which
renamed 강원도 and 전라북도.
"""

_NAMES = {
    "서울특별시": "서울 서울시 seoul", "부산광역시": "부산 부산시 부산직할시 busan pusan",
    "대구광역시": "대구 대구시 대구직할시 daegu taegu", "인천광역시": "인천 인천시 인천직할시 incheon",
    "광주광역시": "광주 광주직할시 gwangju kwangju", "대전광역시": "대전 대전시 대전직할시 daejeon taejon",
    "울산광역시": "울산 울산시 ulsan", "세종특별자치시": "세종 세종시 sejong",
    "경기도": "경기 gyeonggi gyeonggi-do kyonggi-do",
    "강원특별자치도": "강원 강원도 gangwon gangwon-do", "충청북도": "충북 chungbuk chungcheongbuk-do",
    "충청남도": "충남 chungnam chungcheongnam-do", "전북특별자치도": "전북 전라북도 전북도 jeonbuk jeollabuk-do",
    "전라남도": "전남 전남도 jeonnam jeollanam-do", "경상북도": "경북 경북도 gyeongbuk gyeongsangbuk-do",
    "경상남도": "경남 경남도 gyeongnam gyeongsangnam-do", "제주특별자치도": "제주 제주도 jeju jeju-do cheju",
}  # fmt: skip
PROVINCES = tuple(_NAMES)
PROVINCE_OF = {alias: name for name, aliases in _NAMES.items() for alias in (name, *aliases.split())}
# Those that may stand glued to what follows (서울시강남구): long enough to be no part of another word.
GLUED = tuple(sorted((alias for alias in PROVINCE_OF if len(alias) > 2 and not alias.isascii()), key=len, reverse=True))
GWANGJU_DISTRICTS = frozenset({"동구", "서구", "남구", "북구", "광산구"})
WITHOUT_DISTRICTS = "세종특별자치시"
