namespace Cloudreve.Core.Site.Settings;

/// <summary>The searches for categories of files used until the administration stores others: the usual extensions.</summary>
internal static class SearchDefaults
{
    public static readonly string Images = Extensions(
        "jpg", "jpeg", "jpe", "jfif", "png", "apng", "gif", "webp", "avif", "bmp", "tif", "tiff", "heic", "heif", "jxl", "svg", "ico", "psd", "tga",
        "raw", "dng", "cr2", "cr3", "crw", "nef", "nrw", "arw", "srf", "sr2", "orf", "rw2", "raf", "pef", "x3f", "3fr", "erf", "kdc", "mrw", "srw");

    public static readonly string Videos = Extensions(
        "mp4", "m4v", "mkv", "webm", "mov", "qt", "avi", "wmv", "asf", "flv", "f4v", "mpg", "mpeg", "mpe", "m2v", "m2ts", "mts", "3gp", "3g2", "ogv",
        "rm", "rmvb", "vob", "swf");

    public static readonly string Audio = Extensions(
        "mp3", "m4a", "m4b", "aac", "flac", "alac", "wav", "wma", "ogg", "oga", "opus", "ape", "aif", "aiff", "amr", "mid", "midi", "mka", "dsf", "dff");

    public static readonly string Documents = Extensions(
        "pdf", "doc", "docx", "docm", "dot", "dotx", "xls", "xlsx", "xlsm", "xlsb", "ppt", "pptx", "pptm", "pps", "ppsx", "odt", "ods", "odp", "odg",
        "rtf", "txt", "md", "markdown", "csv", "tsv", "tex", "epub", "mobi", "azw3", "djvu", "xps", "pages", "numbers", "key", "vsd", "vsdx");

    private static string Extensions(params string[] extensions) =>
        "type=file&case_folding&use_or" + string.Concat(extensions.Select(extension => "&name=*." + extension));
}
