namespace Cloudreve.Core.Content.Viewers;

/// <summary>
/// The viewers of a site whose operator has chosen none: those that are part of the clients, and two pages of third parties,
/// disabled, since they would be given the files' addresses.
/// </summary>
internal static class DefaultViewers
{
    // The official front end ships them; it draws the icons of the other viewers itself.
    private const string Icons = "/static/img/viewers/";

    public static IReadOnlyList<Viewer> All { get; } =
    [
        Of("music", "fileManager.musicPlayer", "aac", "flac", "m4a", "mp3", "oga", "ogg", "opus", "wav"),
        Of("epub", "fileManager.epubViewer", "epub"),
        Of("pdf", "fileManager.pdfViewer", "pdf"),
        Of("video", "Artplayer", "avi", "flv", "m3u8", "m4v", "mkv", "mov", "mp4", "ogv", "ts", "webm") with { Icon = Icons + "artplayer.png" },
        Of("markdown", "fileManager.markdownEditor", "md", "markdown") with { Templates = [new("md", "Markdown")] },
        Of("drawio", "draw.io", "drawio", "dwb") with
        {
            Icon = Icons + "drawio.svg",
            Props = new Dictionary<string, string> { ["host"] = "https://embed.diagrams.net" },
            Templates = [new("drawio", "fileManager.diagram"), new("dwb", "fileManager.whiteboard")],
        },
        Of("image", "fileManager.imageViewer", "apng", "avif", "bmp", "gif", "heic", "heif", "ico", "jfif", "jpeg", "jpg", "png", "svg", "webp"),
        Of(
            "monaco", "fileManager.monacoEditor",
            "bat", "c", "cfg", "conf", "cpp", "cs", "css", "csv", "fs", "go", "h", "hpp", "htm", "html", "ini", "java", "js", "json", "jsx", "kt", "log", "lua",
            "md", "php", "ps1", "py", "rb", "rs", "sass", "scss", "sh", "sql", "swift", "toml", "ts", "tsx", "txt", "vb", "xml", "yaml", "yml") with
        {
            Icon = Icons + "monaco.svg",
            Templates = [new("txt", "fileManager.text")],
        },
        Of(
            "photopea", "Photopea",
            "ai", "avif", "bmp", "cdr", "dng", "emf", "eps", "gif", "heic", "icns", "ico", "jpeg", "jpg", "jxl", "nef", "png", "psb", "psd", "raw", "sketch",
            "svg", "tga", "tif", "tiff", "webp", "wmf", "xcf", "xd") with { Icon = Icons + "photopea.png" },
        Of("excalidraw", "Excalidraw", "excalidraw") with
        {
            Icon = Icons + "excalidraw.svg",
            Templates = [new("excalidraw", "Excalidraw")],
        },
        Of("archive", "fileManager.archivePreview", "7z", "zip") with { RequiredGroupPermission = [5] },
        Page("googledocs", "fileManager.googledocs", "gdrive.png", "https://docs.google.com/gview?url={$src}&embedded=true"),
        Page("m365online", "fileManager.m365viewer", "m365.svg", "https://view.officeapps.live.com/op/embed.aspx?src={$src}"),
    ];

    private static Viewer Of(string id, string name, params string[] extensions) =>
        new() { Id = id, Type = Viewer.Builtin, DisplayName = name, Exts = extensions };

    private static Viewer Page(string id, string name, string icon, string url) => new()
    {
        Id = id,
        Type = Viewer.Custom,
        DisplayName = name,
        Exts = ["doc", "docx", "ppt", "pptx", "xls", "xlsx"],
        Icon = Icons + icon,
        Url = url,
        MaxSize = 10_485_760,
        Disabled = true,
    };
}
