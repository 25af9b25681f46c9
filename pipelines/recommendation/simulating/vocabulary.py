"""The values that a simulated student's and employer's fields take."""

GRADES = tuple(f"grade_{semester}" for semester in range(1, 7))
STUDENT_FIELDS = (
    "gender",
    "political_status",
    "ethnicity",
    "home_province",
    "fresh_or_previous",
    "hukou",
    "college",
    "major",
    "residential_college",
)
"""Table 2 of Zhu et al. 2021, but for the graduation year, which is the cohort."""
EMPLOYER_FIELDS = ("name", "parent", "nature", "industry", "province", "city")

COHORTS = {"2014": 1950, "2015": 1850, "2016": 1794, "2017": 758, "2018": 2018}
"""Graduates by year, in proportion; the paper's 5,594 to train, 758 to choose and 2,018 to judge."""

CITIES = {
    "Anhui": ("Hefei", "Wuhu"),
    "Beijing": ("Beijing",),
    "Chongqing": ("Chongqing",),
    "Fujian": ("Fuzhou", "Xiamen"),
    "Gansu": ("Lanzhou", "Tianshui"),
    "Guangdong": ("Guangzhou", "Shenzhen", "Dongguan", "Zhuhai"),
    "Guangxi": ("Nanning", "Guilin"),
    "Guizhou": ("Guiyang",),
    "Hainan": ("Haikou",),
    "Hebei": ("Shijiazhuang", "Tangshan", "Baoding"),
    "Heilongjiang": ("Harbin", "Daqing"),
    "Henan": ("Zhengzhou", "Luoyang"),
    "Hubei": ("Wuhan", "Yichang"),
    "Hunan": ("Changsha", "Zhuzhou"),
    "Inner Mongolia": ("Hohhot", "Baotou"),
    "Jiangsu": ("Nanjing", "Suzhou", "Wuxi"),
    "Jiangxi": ("Nanchang",),
    "Jilin": ("Changchun",),
    "Liaoning": ("Shenyang", "Dalian"),
    "Ningxia": ("Yinchuan",),
    "Qinghai": ("Xining",),
    "Shaanxi": ("Xi'an", "Baoji", "Xianyang", "Yulin"),
    "Shandong": ("Jinan", "Qingdao", "Yantai"),
    "Shanghai": ("Shanghai",),
    "Shanxi": ("Taiyuan", "Datong"),
    "Sichuan": ("Chengdu", "Mianyang"),
    "Tianjin": ("Tianjin",),
    "Tibet": ("Lhasa",),
    "Xinjiang": ("Urumqi",),
    "Yunnan": ("Kunming",),
    "Zhejiang": ("Hangzhou", "Ningbo"),
    "abroad": ("London", "New York", "Singapore", "Sydney"),
}
"""Cities by province; employers lie in all, students come from those of China."""
HOME = "Shaanxi"
LARGE = (
    "Beijing",
    "Shanghai",
    "Guangzhou",
    "Shenzhen",
    "Hangzhou",
    "Chengdu",
    "Nanjing",
    "Wuhan",
    "London",
    "New York",
)
HOME_PROVINCES = tuple(sorted(set(CITIES) - {"abroad"}))

MAJORS = {
    "aerospace": ("aircraft design", "engineering mechanics"),
    "architecture": ("architecture", "civil engineering", "environmental equipment"),
    "chemical engineering": ("chemical engineering", "process equipment"),
    "computing": ("computer science", "internet of things", "software engineering"),
    "economics and finance": ("economics", "finance", "international trade"),
    "electrical engineering": ("electrical engineering", "smart grids"),
    "electronics": ("automation", "communication engineering", "electronic science", "microelectronics"),
    "energy and power": ("energy and power", "nuclear engineering", "refrigeration"),
    "foreign languages": ("English", "French", "Japanese"),
    "humanities": ("Chinese", "journalism", "philosophy", "sociology"),
    "law": ("law",),
    "life science": ("bioengineering", "biotechnology"),
    "management": ("accounting", "business administration", "industrial engineering", "logistics"),
    "materials": ("materials science", "metallurgy"),
    "mathematics": ("mathematics", "statistics"),
    "mechanical engineering": ("industrial design", "mechanical engineering", "vehicle engineering"),
    "medicine": ("clinical medicine", "nursing", "pharmacy", "stomatology"),
    "physics": ("optics", "physics"),
    "public administration": ("administration", "social security"),
}
"""Majors by college."""
COLLEGES = tuple(MAJORS)
MORE_WOMEN = ("economics and finance", "foreign languages", "humanities", "law", "management", "medicine")

ETHNICITIES = ("Han", "Hui", "Manchu", "Mongol", "Tibetan", "Tujia", "Uyghur", "Zhuang")
GENDERS = ("female", "male")
POLITICAL = ("league member", "none", "party member")
FRESH = ("fresh", "previous")
HUKOU = ("rural", "urban")
RESIDENTIAL = ("Chongshi", "Lizhi", "Nanyang", "Pengkang", "Qide", "Wenzhi", "Zhongying", "Zonglian")

INTENT = {
    "foreign enterprise": "contract",
    "government": "contract",
    "overseas university": "abroad",
    "private enterprise": "contract",
    "school": "contract",
    "state enterprise": "contract",
    "university": "domestic_study",
}
"""What a student did, by the nature of whoever took the student on."""
NATURES = tuple(INTENT)
OVERSEAS = ("overseas university",)
EDUCATION = ("overseas university", "university")
INDUSTRIES = (
    "construction",
    "education",
    "energy",
    "finance",
    "health",
    "logistics",
    "manufacturing",
    "materials",
    "media",
    "public service",
    "semiconductors",
    "software",
    "telecommunications",
)
