using System.Text.Json;
using Cloudreve.Core.Content.Thumbnails.Programs;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Content.Media;

/// <summary>
/// Reads what a video says about itself through ffprobe: format, streams and chapters. Keys are those of the contract (section 9.1). The program
/// reads the beginning of the video, and its index where that is at the end.
/// </summary>
/// <param name="site">The settings.</param>
internal sealed class VideoStreams(SiteSettings site)
{
    private const int MaxCharacters = 512;
    private const int MaxStreams = 20;
    private const int MaxChapters = 100;
    private const int MaxDepth = 16;

    /// <summary>Characters of an answer. One of a film with many chapters has some 100,000.</summary>
    private const int MaxOutput = 1024 * 1024;

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    private static readonly (string Key, string Field)[] s_streamFields =
    [
        ("codec", "codec_name"), ("codec_long_name", "codec_long_name"), ("bitrate", "bit_rate"), ("width", "width"), ("height", "height"),
        ("duration", "duration"),
    ];

    /// <summary>The tags by the metadata keys of the contract.</summary>
    /// <param name="source">The video.</param>
    /// <exception cref="MediaException">The program is not installed, cannot read the video, or takes too long.</exception>
    public Task<IReadOnlyDictionary<string, string>> ReadAsync(MediaSource source, CancellationToken cancellationToken) =>
        ExternalProgram.InFolderAsync(async folder =>
        {
            var input = await VideoInput.OpenAsync(source, folder, cancellationToken);
            var output = await ExternalProgram.ReadTextAsync(
                site.Get(MediaMetaSetting.FfprobePath),
                [
                    "-hide_banner", "-loglevel", "error", "-print_format", "json", "-show_format", "-show_streams", "-show_chapters",
                    "-probesize", "5000000", "-analyzeduration", "5000000", .. input.Limits, "-i", input.Address,
                ],
                folder, s_timeout, MaxOutput, cancellationToken);
            return Parse(output);
        });

    /// <summary>Reads the program's answer.</summary>
    /// <exception cref="MediaException">It is none.</exception>
    internal static IReadOnlyDictionary<string, string> Parse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth });
            var tags = new Dictionary<string, string>();
            if (Find(document.RootElement, "format") is { } format)
                ReadFormat(format, tags);
            foreach (var (stream, index) in ItemsOf(document.RootElement, "streams", MaxStreams))
                ReadStream(stream, index, tags);
            foreach (var (chapter, index) in ItemsOf(document.RootElement, "chapters", MaxChapters))
            {
                Add(tags, $"stream:chapter_{index}_name", Find(chapter, "tags") is { } names ? TextOf(names, "title") : null);
                Add(tags, $"stream:chapter_{index}_start_time", TextOf(chapter, "start_time"));
                Add(tags, $"stream:chapter_{index}_end_time", TextOf(chapter, "end_time"));
            }
            return tags;
        }
        catch (JsonException e)
        {
            throw new MediaException("ffprobe gave no answer that can be read.", isFinal: true, e);
        }
    }

    private static void ReadFormat(JsonElement format, Dictionary<string, string> tags)
    {
        Add(tags, "stream:format", TextOf(format, "format_name"));
        Add(tags, "stream:formatLong", TextOf(format, "format_long_name"));
        Add(tags, "stream:duration", TextOf(format, "duration"));
        Add(tags, "stream:bitrate", TextOf(format, "bit_rate"));
        if (Find(format, "tags") is not { } texts)
            return;
        Add(tags, "stream:title", TextOf(texts, "title"));
        Add(tags, "stream:description", TextOf(texts, "description") ?? TextOf(texts, "comment"));
    }

    private static void ReadStream(JsonElement stream, int index, Dictionary<string, string> tags)
    {
        var type = TextOf(stream, "codec_type");
        if (type is not ("video" or "audio" or "subtitle" or "data" or "attachment"))
            return;
        foreach (var (key, field) in s_streamFields)
            Add(tags, $"stream:stream_{index}_{type}_{key}", TextOf(stream, field));
    }

    private static IEnumerable<(JsonElement Item, int Index)> ItemsOf(JsonElement parent, string name, int most) =>
        Find(parent, name) is { ValueKind: JsonValueKind.Array } items ? items.EnumerateArray().Take(most).Select((item, index) => (item, index)) : [];

    private static JsonElement? Find(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var found) ? found : null;

    private static string? TextOf(JsonElement parent, string name) => Find(parent, name) switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
        _ => null,
    };

    private static void Add(Dictionary<string, string> tags, string key, string? value)
    {
        value = new string([.. (value ?? "").Where(c => !char.IsControl(c)).Take(MaxCharacters)]).Trim();
        if (value.Length > 0)
            tags[key] = value;
    }
}
