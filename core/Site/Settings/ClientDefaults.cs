namespace Cloudreve.Core.Site.Settings;

/// <summary>Defaults of settings that only clients read. The icon names are those that clients know.</summary>
internal static class ClientDefaults
{
    /// <summary>Main colour to palettes.</summary>
    public const string Themes = """
        {"#1976d2":{"light":{"palette":{"primary":{"main":"#1976d2"},"secondary":{"main":"#9c27b0"}}},"dark":{"palette":{"primary":{"main":"#90caf9"},"secondary":{"main":"#ce93d8"}}}},"#00796b":{"light":{"palette":{"primary":{"main":"#00796b"},"secondary":{"main":"#ff8f00"}}},"dark":{"palette":{"primary":{"main":"#80cbc4"},"secondary":{"main":"#ffca28"}}}}}
        """;

    /// <summary>Extensions to icon and colour.</summary>
    public const string Icons = """
        [{"exts":["mp3","flac","wav","ogg","oga","m4a","aac","opus","wma"],"icon":"audio","color":"#7b1fa2"},{"exts":["mp4","mkv","webm","mov","avi","wmv","ogv","m4v","ts","m3u8"],"icon":"video","color":"#c62828"},{"exts":["png","jpg","jpeg","gif","bmp","webp","svg","avif","heic","heif","tif","tiff","psd"],"icon":"image","color":"#ad1457"},{"exts":["dng","arw","cr2","cr3","nef","nrw","orf","raf","rw2","pef","srw","3fr"],"icon":"raw","color":"#ad1457"},{"exts":["pdf"],"icon":"pdf","color":"#e53935"},{"exts":["doc","docx","odt"],"icon":"word","color":"#1565c0"},{"exts":["ppt","pptx","odp"],"icon":"ppt","color":"#d84315"},{"exts":["xls","xlsx","ods","csv"],"icon":"excel","color":"#2e7d32"},{"exts":["txt","log","html","htm"],"icon":"text","color":"#546e7a"},{"exts":["zip","7z","rar","tar","gz","bz2","xz","zst"],"icon":"zip","color":"#ef6c00"},{"exts":["exe","msi"],"icon":"exe","color":"#283593"},{"exts":["apk"],"icon":"apk","color":"#689f38"},{"exts":["torrent"],"icon":"torrent","color":"#4527a0"},{"exts":["epub"],"icon":"book","color":"#558b2f"},{"exts":["md"],"icon":"markdown","color":"#424242","color_dark":"#bdbdbd"},{"exts":["go"],"icon":"go","color":"#00838f"},{"exts":["py"],"icon":"python","color":"#1565c0"},{"exts":["c","h"],"icon":"c","color":"#6a1b9a"},{"exts":["cpp","hpp","cc"],"icon":"cpp","color":"#6a1b9a"},{"exts":["js","jsx","mjs"],"icon":"js","color":"#f9a825"},{"exts":["rs"],"icon":"rust","color":"#212121","color_dark":"#eeeeee"},{"exts":["drawio"],"icon":"flowchart","color":"#ef6c00"},{"exts":["excalidraw","dwb"],"icon":"whiteboard","color":"#5e35b1"}]
        """;

    /// <summary>Group to emojis.</summary>
    public const string Emojis = """
        {"📁":["📁","📂","🗂️","📄","📌","📎","📚","📦"],"😀":["😀","😄","😉","😊","😍","😎","🤔","🎉"],"🌍":["🌍","🏠","🏢","🏔️","🏖️","✈️","🚗","🚀"],"🎵":["🎵","🎬","📷","🎨","🎮","⚽","💡","⭐"]}
        """;
}
