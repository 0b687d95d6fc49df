/* tools/load/languages.c: what letters are written with. */
#include "tools/load/languages.h"

const struct language languages[LANG_COUNT] = {
	[LANG_ENGLISH] = {
		.words = "meeting the of harbour invoice and tomorrow to regards delivery we number is agenda please find in attached a "
		         "quarter window budget that library for engine weather reply on question with you committee never winter "
		         "customer be translation railway this orchard evening contract as signature proposal garden version at letter "
		         "would because everything station colleague reminder although morning schedule between quietly figure another",
		.names = "Ada Keller|Bob Marsh|Carol Nye|Dan O'Hara|Eve Lindqvist|Fay Brook|Gus Treloar|Hal Whitcombe",
		.subjects = "Minutes of Monday's meeting|Your order has shipped|Lunch on Thursday?|Quarterly figures, second draft|"
		            "Reminder: appointment tomorrow|Notes on the translation|Keys for the office|A question about the contract",
		.zone = "+0000", .spaced = true },
	[LANG_GERMAN] = {
		.words = "der die und für über möchten Grüße Straße Prüfung schön Besprechung morgen Rechnung bitte können würde nächste "
		         "Woche Anhang Frage später größer heißt wäre Küche Frühling Schlüssel Termin bestätigen natürlich Öffnung Ärger "
		         "ganz nicht mit auf wir Sie dass zwischen Übersetzung Bahnhof Lieferung Vertrag müssen Büro dafür völlig Glück",
		.names = "Jürgen Müller|Käthe Groß|Bärbel Schäfer|Günther Weiß|Jörg Köhler|Heike Böhm|Sören Übel|Ännchen Voß",
		.subjects = "Einladung zur Besprechung für März|Ihre Rechnung Nr. 2026 für März|Grüße aus München|Schöne Ferien!|"
		            "Rückfrage wegen der Schlüssel|Übersetzung, geänderte Fassung|Straßenfest am Samstag|Prüfbericht beigefügt",
		.zone = "+0100", .spaced = true },
	[LANG_FRENCH] = {
		.words = "le la une été déjà où réunion prochaine façon très être après leçon naïve cœur élève château garçon fête bientôt "
		         "Noël forêt à vous nous pour avec dans veuillez trouver facture livraison demain matin semaine contrat signé "
		         "général problème système même août œuvre hôtel peut-être français élégant sûr côté",
		.names = "Hélène Lefèvre|François Béranger|Zoé Crépin|Gaëlle Noël|Benoît Châtel|Anaïs Dupré|Jérôme Maçon|Cécile Forêt",
		.subjects = "Réunion de février|Votre facture du 3 août|À bientôt à Orléans|Deuxième épreuve corrigée|Congés d'été|"
		            "Problème de clés résolu|Idée de cadeau pour Noël|Le contrat signé",
		.zone = "+0100", .spaced = true },
	[LANG_SPANISH] = {
		.words = "el la los mañana reunión año señor español también está más aquí después número canción corazón teléfono "
		         "página según árbol factura entrega por favor para con adjunto pregunta gracias saludos semana próxima "
		         "contrato firma niño pequeño ningún sábado miércoles jardín estación único rápido público",
		.names = "José Muñoz|María Ibáñez|Íñigo Peña|Begoña Núñez|Ángel Gómez|Sofía Marín|Andrés Solís|Inés Cañete",
		.subjects = "Reunión de mañana|Su factura número 17|¿Vienes el sábado?|Traducción al español|Información del próximo año|"
		            "Petición de vacaciones|Canción para Begoña|Días de fiesta",
		.zone = "+0100", .spaced = true },
	[LANG_POLISH] = {
		.words = "się że już będzie proszę dziękuję spotkanie środa piątek książka źródło łódź życie można także większość "
		         "również przesyłam załącznik faktura umowa podpis pytanie odpowiedź tydzień później między ważne krótki "
		         "dostawa pogoda ogród świat ćma noc dzień jest nie tak oraz",
		.names = "Łukasz Żak|Małgorzata Wójcik|Paweł Dąbrowski|Zofia Król|Jędrzej Śliwa|Agnieszka Gołąb|Kąśka Pióro|Stanisław Łoś",
		.subjects = "Spotkanie w środę|Faktura za październik|Książki dla Zofii|Prośba o odpowiedź|Życzenia świąteczne|"
		            "Umowa - wersja końcowa|Zdjęcia z Łodzi|Krótkie pytanie",
		.zone = "+0100", .spaced = true },
	[LANG_TURKISH] = {
		.words = "ve bir için çok değil toplantı yarın lütfen teşekkürler güneş ağaç çiçek İstanbul ışık şimdi sözleşme fatura "
		         "soru cevap hafta sonra önce küçük büyük öğle akşam sabah kış bahçe imza ilişik görüşmek üzere",
		.names = "Ayşe Yıldız|İbrahim Çelik|Gül Şahin|Ömer Doğan|Işıl Güneş|Çağla Öz|Barış Kılıç|Şule Ağca",
		.subjects = "Yarınki toplantı|Faturanız|İyi bayramlar|Küçük bir soru|Sözleşme için imza|Öğle yemeği|Kış tatili|Bahçe çiçekleri",
		.zone = "+0300", .spaced = true },
	[LANG_RUSSIAN] = {
		.words = "и в не на что встреча завтра пожалуйста спасибо письмо вопрос ответ договор подпись счёт доставка неделя "
		         "погода сад зима вечер утро город станция ключ работа время дело человек можно нужно очень также между "
		         "после сегодня хорошо новый большой номер",
		.names = "Анна Ёлкина|Борис Щукин|Вера Чехова|Глеб Юрьев|Дарья Цветкова|Егор Жуков|Зоя Эйхе|Игорь Шмелёв",
		.subjects = "Встреча в среду|Счёт за март|Вопрос о договоре|Поздравляем!|Фотографии из Пскова|Ключи от дома|"
		            "Перевод, вторая версия|Погода на завтра",
		.zone = "+0300", .spaced = true },
	[LANG_GREEK] = {
		.words = "και το να για αύριο συνάντηση παρακαλώ ευχαριστώ ερώτηση απάντηση γράμμα τιμολόγιο παράδοση εβδομάδα κήπος "
		         "χειμώνας βράδυ πρωί πόλη σταθμός κλειδί δουλειά χρόνος ήλιος θάλασσα μεγάλο μικρό σήμερα μετά πολύ καλά",
		.names = "Ελένη Παππά|Γιώργος Νίκου|Μαρία Ξένου|Νίκος Ψαράς|Σοφία Θέου|Πέτρος Άλφα|Άννα Ρήγα|Ηλίας Ώρας",
		.subjects = "Συνάντηση αύριο|Το τιμολόγιό σας|Μια ερώτηση|Χρόνια πολλά|Κλειδιά του σπιτιού|Καιρός|Μετάφραση|Η θάλασσα",
		.zone = "+0200", .spaced = true },
	[LANG_HEBREW] = {
		.words = "של את על לא מחר פגישה בבקשה תודה שאלה תשובה מכתב חשבונית משלוח שבוע גינה חורף ערב בוקר עיר תחנה מפתח עבודה "
		         "זמן שמש ים גדול קטן היום אחרי מאוד טוב",
		.names = "דנה לוי|אבי כהן|רות מזרחי|יוסי פרץ|נעמי שלום|אורי גל|תמר רז|גיל ברק",
		.subjects = "פגישה מחר|החשבונית שלך|שאלה קטנה|שנה טובה|מפתחות לבית|תרגום חדש|מזג אוויר|ארוחת צהריים",
		.zone = "+0200", .spaced = true },
	[LANG_ARABIC] = {
		.words = "من في على لا غدا اجتماع شكرا سؤال جواب رسالة فاتورة تسليم أسبوع حديقة شتاء مساء صباح مدينة محطة مفتاح عمل وقت "
		         "شمس بحر كبير صغير اليوم بعد كثيرا جيد",
		.names = "ليلى حسن|عمر يوسف|سارة علي|خالد نور|هدى كريم|زيد فارس|منى سالم|طارق عيسى",
		.subjects = "اجتماع الغد|فاتورتكم|سؤال قصير|عيد مبارك|مفاتيح المكتب|ترجمة جديدة|حالة الطقس|موعد الغداء",
		.zone = "+0300", .spaced = true },
	[LANG_CHINESE] = {
		.words = "我们 明天 会议 请 谢谢 问题 回答 信件 发票 送货 星期 花园 冬天 晚上 早上 城市 车站 钥匙 工作 时间 太阳 大海 很大 很小 "
		         "今天 以后 非常 好的 合同 签名 附件 天气 ， 。 中文 翻译 图书馆 客户",
		.names = "王小明|李华|张伟|刘芳|陈静|杨光|赵云|黄丽",
		.subjects = "明天的会议|您的发票|一个问题|新年快乐|办公室钥匙|翻译第二稿|天气预报|合同签名",
		.zone = "+0800", .spaced = false },
	[LANG_JAPANESE] = {
		.words = "明日 会議 お願い します ありがとう 質問 回答 手紙 請求書 配達 週間 庭 冬 夜 朝 都市 駅 鍵 仕事 時間 太陽 海 大きい 小さい "
		         "今日 あと とても よい 契約 署名 添付 ファイル 天気 、 。 カレンダー メール サーバー 翻訳",
		.names = "田中太郎|鈴木花子|佐藤健|高橋愛|伊藤誠|渡辺優|山本光|中村葵",
		.subjects = "明日の会議について|請求書のご案内|質問があります|あけましておめでとう|鍵の件|翻訳の第二版|天気予報|契約書の署名",
		.zone = "+0900", .spaced = false },
	[LANG_KOREAN] = {
		.words = "우리 내일 회의 부탁 감사합니다 질문 답변 편지 송장 배달 주간 정원 겨울 저녁 아침 도시 역 열쇠 일 시간 태양 바다 큰 작은 "
		         "오늘 이후 매우 좋은 계약 서명 첨부 날씨 번역 도서관 고객",
		.names = "김민수|이영희|박지훈|최수진|정현우|강미나|윤서준|한지민",
		.subjects = "내일 회의|송장 안내|질문 하나|새해 복 많이 받으세요|사무실 열쇠|번역 두번째|날씨 예보|계약 서명",
		.zone = "+0900", .spaced = true },
	[LANG_CHAT] = {
		.words = "ok 👍 see you 🎉 tomorrow 😀 thanks 🙏 “great” — yes… no 🚂 running late ☕ coffee? 📎 here 🌧️ rain 👩‍🚀 haha naïve café "
		         "on my way 🏡 call me 📞 soon ❤️ sure done ✅ later 🍕 pizza tonight",
		.names = "Zoë 🌻|Mia 🐝|Leo ⚡|Kim 🎸|Sam ☕|Ola 🚲|Noor 🌙|Jo 🦊",
		.subjects = "🎉 Party on Friday|Photos 📷 from the lake|running late 🚂|Coffee? ☕|👍|New flat 🏡|Pizza 🍕 tonight|Thanks 🙏",
		.zone = "-0500", .spaced = true },
};

const struct known_word known_words[KNOWN_WORDS] = {
	{ 3, "eglantine", "euphonium" }, { 10, "amaranth", "astrolabe" }, { 100, "bergamot", "bandoneon" },
	{ 1000, "chrysalis", "clavichord" }, { 10000, "dodecagon", "didgeridoo" },
};
