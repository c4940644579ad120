using System.Diagnostics;
using System.Text;
using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Core.Tests.Content.Thumbnails;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Media;

public sealed class VideoStreamsTests(AzuriteServer azurite)
{
    private const string Chapters =
        ";FFMETADATA1\ntitle=Ein Film\ncomment=Nur Farben\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=500\ntitle=Anfang\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=500\nEND=1000\ntitle=Ende\n";

    [Fact]
    public async Task Given_a_video_when_it_is_read_then_format_streams_and_chapters_are_kept()
    {
        var site = await ThumbnailSite.CreateAsync(azurite);
        var file = await site.AddFileAsync("film.mp4", await FilmAsync("mp4"));

        var read = (await ExtractAsync(site, file)).Metadata;

        Assert.Equal(("Ein Film", "Nur Farben"), (read["stream:title"], read["stream:description"]));
        Assert.Equal("QuickTime / MOV", read["stream:formatLong"]);
        Assert.Contains("mp4", read["stream:format"], StringComparison.Ordinal);
        Assert.StartsWith("1.0", read["stream:duration"], StringComparison.Ordinal);
        Assert.True(long.Parse(read["stream:bitrate"], System.Globalization.CultureInfo.InvariantCulture) > 0);
        Assert.Equal(("mpeg4", "64", "48"), (read["stream:stream_0_video_codec"], read["stream:stream_0_video_width"], read["stream:stream_0_video_height"]));
        Assert.Equal("aac", read["stream:stream_1_audio_codec"]);
        Assert.Equal(("Anfang", "Ende"), (read["stream:chapter_0_name"], read["stream:chapter_1_name"]));
        Assert.Equal(("0.500000", "1.000000"), (read["stream:chapter_1_start_time"], read["stream:chapter_1_end_time"]));
    }

    [Fact]
    public async Task Given_an_encrypted_video_when_it_is_read_then_its_streams_are_known_too()
    {
        var site = await ThumbnailSite.CreateAsync(azurite);
        var layout = site.Installation.Connect();
        var encryption = await site.Encryption(layout).CreateAsync(default);
        var content = await FilmAsync("matroska");
        var encrypted = new MemoryStream();
        await using (var stream = new CtrStream(new MemoryStream(content), (await site.Encryption(layout).OpenAsync(encryption, default)).CreateCipher(), 0))
            await stream.CopyToAsync(encrypted);

        var read = await ExtractAsync(site, await site.AddFileAsync("film.mkv", encrypted.ToArray(), encryption));

        Assert.Equal("mpeg4", read.Metadata["stream:stream_0_video_codec"]);
    }

    [Theory]
    [InlineData("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n")]
    [InlineData("ffconcat version 1.0\nfile /etc/passwd\n")]
    [InlineData("not a video at all")]
    [InlineData("v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n")]
    public async Task Given_a_hostile_file_when_it_is_read_as_a_video_then_nothing_is_known_of_it(string content)
    {
        var site = await ThumbnailSite.CreateAsync(azurite);
        var file = await site.AddFileAsync("film.mp4", Encoding.UTF8.GetBytes(content));

        Assert.Empty((await ExtractAsync(site, file)).Metadata);
    }

    [Fact]
    public async Task Given_no_ffprobe_when_a_video_is_read_then_the_file_stays_as_it_is()
    {
        var site = await ThumbnailSite.CreateAsync(azurite);
        var file = await site.AddFileAsync("film.mp4", [1, 2, 3]);

        Assert.Same(file, await ExtractAsync(site, file, ("media_meta_ffprobe_path", "no-such-program")));
    }

    [Theory]
    [InlineData("media_meta_ffprobe", "0")]
    [InlineData("media_meta_ffprobe_path", "")]
    [InlineData("media_meta_ffprobe_size_remote", "2")]
    [InlineData("media_meta", "0")]
    public void Given_a_setting_that_rules_it_out_when_a_video_comes_then_it_is_not_read(string key, string value)
    {
        var file = new FileRecord
        {
            Id = 1,
            ParentId = 2,
            OwnerId = 3,
            Type = FileType.File,
            Name = "film.MP4",
            Size = 3,
            PrimaryEntityId = 4,
            CreatedAt = default,
            UpdatedAt = default,
        };

        Assert.True(MediaInformation.IsPossible(Settings(), file));
        Assert.False(MediaInformation.IsPossible(Settings((key, value)), file));
    }

    [Fact]
    public void Given_a_program_that_the_operator_does_not_name_when_a_video_comes_then_it_is_not_read() =>
        Assert.Equal("", new SiteSettings(new Dictionary<string, string> { ["media_meta_ffprobe_path"] = "ffprobe" }, new OperatorRules()).Get(MediaMetaSetting.FfprobePath));

    [Fact]
    public async Task Given_a_program_that_prints_without_end_when_a_video_is_read_then_the_file_stays()
    {
        var site = await ThumbnailSite.CreateAsync(azurite);
        using var endless = new ProgramDouble("const more = () => process.stdout.write('[1,'.repeat(10000), more); more();");
        var file = await site.AddFileAsync("film.mp4", [1, 2, 3]);

        Assert.Same(file, await ExtractAsync(site, file, ("media_meta_ffprobe_path", endless.Program)));
    }

    [Fact]
    public async Task Given_a_video_when_it_is_read_then_the_program_may_use_its_address_alone()
    {
        var site = await ThumbnailSite.CreateAsync(azurite);
        using var probe = new ProgramDouble("report('args', args); process.stdout.write('{}');");
        var file = await site.AddFileAsync("film.mp4", [1, 2, 3]);

        await ExtractAsync(site, file, ("media_meta_ffprobe_path", probe.Program));

        var arguments = probe.Report<List<string>>("args");
        Assert.Equal("http,tcp", arguments[arguments.IndexOf("-protocol_whitelist") + 1]);
        Assert.Empty(arguments[arguments.IndexOf("-format_whitelist") + 1].Split(',').Intersect(["hls", "applehttp", "dash", "concat", "sdp", "rtsp"]));
        Assert.True(arguments.IndexOf("-format_whitelist") < arguments.IndexOf("-i"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]")]
    public void Given_an_answer_that_is_none_when_it_is_parsed_then_it_is_refused(string answer) =>
        Assert.Throws<MediaException>(() => VideoStreams.Parse(answer));

    [Fact]
    public void Given_an_answer_of_odd_shape_when_it_is_parsed_then_what_is_sound_is_kept()
    {
        var streams = string.Join(',', Enumerable.Range(0, 40).Select(i => $$"""{"codec_type":"video","codec_name":"c{{i}}","width":{{i}}}"""));

        var tags = VideoStreams.Parse($$"""{"format":[],"chapters":{"a":1},"streams":[{"codec_type":"../x","codec_name":"y"},{{streams}}]}""");

        Assert.Equal(38, tags.Count);
        Assert.Equal("c0", tags["stream:stream_1_video_codec"]);
        var title = """{"format":{"tags":{"title":"a\u0000LONG"}}}""".Replace("LONG", new string('b', 9000), StringComparison.Ordinal);
        Assert.Equal(512, VideoStreams.Parse(title)["stream:title"].Length);
    }

    private static SiteSettings Settings(params (string Key, string Value)[] changed)
    {
        var values = new Dictionary<string, string> { ["media_meta_ffprobe"] = "1", ["media_meta_ffprobe_path"] = "ffprobe" };
        foreach (var (key, value) in changed)
            values[key] = value;
        return new SiteSettings(values, new OperatorRules { Programs = new HashSet<string> { values["media_meta_ffprobe_path"] } });
    }

    private static Task<FileRecord> ExtractAsync(ThumbnailSite site, FileRecord file, params (string Key, string Value)[] settings)
    {
        var layout = site.Installation.Connect();
        return MediaInformationTests.Create(site, layout).ExtractAsync(Settings(settings), file);
    }

    /// <summary>A second of colours and a tone.</summary>
    private static async Task<byte[]> FilmAsync(string format)
    {
        var folder = Directory.CreateTempSubdirectory("film-").FullName;
        try
        {
            var (chapters, film) = (Path.Combine(folder, "chapters"), Path.Combine(folder, "film"));
            await File.WriteAllTextAsync(chapters, Chapters);
            using var process = Process.Start(new ProcessStartInfo("ffmpeg", [
                "-hide_banner", "-loglevel", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=1", "-f", "lavfi", "-i", "sine=duration=1",
                "-i", chapters, "-map_metadata", "2", "-map_chapters", "2", "-map", "0", "-map", "1", "-c:v", "mpeg4", "-c:a", "aac", "-f", format, film,
            ]))!;
            await process.WaitForExitAsync();
            Assert.Equal(0, process.ExitCode);
            return await File.ReadAllBytesAsync(film);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
