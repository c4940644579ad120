using System.Diagnostics;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Content.Thumbnails;
using Cloudreve.Core.Content.Thumbnails.Programs;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Testing.Azurite;
using ImageMagick;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Thumbnails;

public sealed class ExternalProgramTests(AzuriteServer azurite) : IAsyncLifetime
{
    private static readonly ThumbnailFormat Format = new(400, 300, MagickFormat.Png, 95);
    private static readonly byte[] Picture = Pictures.RedAndBlue(MagickFormat.Png, 40, 30);

    private readonly BlobContainer _container = azurite.Connect().Container(AzuriteServer.UniqueName());

    public async ValueTask InitializeAsync() => await _container.CreateIfNotExistsAsync();

    public ValueTask DisposeAsync() => default;

    [Fact]
    public async Task Given_a_video_when_a_frame_is_taken_then_the_program_reads_true_videos_from_storage()
    {
        using var ffmpeg = new ProgramDouble(
            """
            report('args', args);
            const input = args[args.indexOf('-i') + 1];
            require('http').get(input, answer => {
              const parts = [];
              answer.on('data', part => parts.push(part)).on('end', () => fs.writeFileSync(args.at(-1), Buffer.concat(parts)));
            });
            """);
        var video = new VideoFrame(Settings(("thumb_ffmpeg_path", ffmpeg.Program), ("thumb_ffmpeg_seek", "00:00:05"), ("thumb_ffmpeg_extra_args", "-hwaccel  auto")));

        var frame = await video.ExtractAsync(await StoreAsync("film.mp4", Picture), Format, CancellationToken.None);

        Assert.Equal(Picture, frame.ToArray());
        var arguments = ffmpeg.Report<List<string>>("args");
        Assert.Equal("00:00:05", arguments[arguments.IndexOf("-ss") + 1]);
        Assert.Equal("auto", arguments[arguments.IndexOf("-hwaccel") + 1]);
        Assert.Equal("http,tcp", arguments[arguments.IndexOf("-protocol_whitelist") + 1]);
        var formats = arguments[arguments.IndexOf("-format_whitelist") + 1].Split(',');
        Assert.Contains("mp4", formats);
        Assert.Empty(formats.Intersect(["hls", "applehttp", "dash", "concat", "sdp", "rtsp"]));
        Assert.True(arguments.IndexOf("-format_whitelist") < arguments.IndexOf("-i"));
    }

    [Fact]
    public async Task Given_a_video_that_ends_too_early_when_a_frame_is_taken_then_it_is_the_first_one()
    {
        using var ffmpeg = new ProgramDouble($"if (args[args.indexOf('-ss') + 1] === '0') fs.writeFileSync(args.at(-1), Buffer.from('{Convert.ToBase64String(Picture)}', 'base64'));");

        var frame = await new VideoFrame(Settings(("thumb_ffmpeg_path", ffmpeg.Program))).ExtractAsync(await StoreAsync("film.mp4", [1]), Format, CancellationToken.None);

        Assert.Equal(Picture, frame.ToArray());
    }

    [Fact]
    public async Task Given_a_document_when_its_first_page_is_made_then_the_program_leaves_nothing_behind()
    {
        using var office = new ProgramDouble(
            """
            const profile = new URL(args.find(a => a.startsWith('-env:UserInstallation=')).slice('-env:UserInstallation='.length));
            report('profile', fs.readFileSync(new URL(profile.href + '/user/registrymodifications.xcu'), 'utf8'));
            report('input', args.at(-1));
            report('environment', process.env);
            fs.copyFileSync(args.at(-1), path.join(args[args.indexOf('--outdir') + 1], 'in.png'));
            """);
        Environment.SetEnvironmentVariable("CLOUDREVE_TEST_SECRET", "secret");

        var page = await new DocumentPage(Settings(("thumb_libreoffice_path", office.Program))).ExtractAsync(
            await StoreAsync("letter; rm -rf $HOME.DOCX", Picture), Format, CancellationToken.None);

        Assert.Equal(Picture, page.ToArray());
        Assert.EndsWith("in.docx", office.Report<string>("input"), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.GetDirectoryName(office.Report<string>("input"))));
        Assert.Contains("DisableMacrosExecution", office.Report<string>("profile"), StringComparison.Ordinal);
        Assert.Contains("BlockUntrustedRefererLinks", office.Report<string>("profile"), StringComparison.Ordinal);
        var environment = office.Report<Dictionary<string, string>>("environment");
        Assert.DoesNotContain("CLOUDREVE_TEST_SECRET", environment.Keys);
        Assert.Equal(Path.GetDirectoryName(office.Report<string>("input")), environment["HOME"]);
    }

    [Fact]
    public async Task Given_a_further_picture_when_vips_is_used_then_its_answer_is_taken()
    {
        using var vips = new ProgramDouble("report('args', args); fs.copyFileSync(args[1], args[2]);");

        var picture = await new VipsPicture(Settings(("thumb_vips_path", vips.Program))).ExtractAsync(await StoreAsync("a.psd", Picture), Format, CancellationToken.None);

        Assert.Equal(Picture, picture.ToArray());
        Assert.Equal(["400", "--height", "300", "--size", "down"], vips.Report<List<string>>("args")[3..]);
    }

    [Fact]
    public async Task Given_a_program_that_does_not_end_when_its_time_is_up_then_it_and_its_children_are_killed()
    {
        using var hanging = new ProgramDouble(
            """
            const child = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
            report('pids', [process.pid, child.pid]);
            setInterval(() => {}, 1000);
            """);
        using var started = new CancellationTokenSource();
        var run = ExternalProgram.InFolderAsync<bool>(async folder =>
        {
            await ExternalProgram.RunAsync(hanging.Program, [], folder, TimeSpan.FromMinutes(1), started.Token);
            return true;
        });
        while (!hanging.HasReport("pids"))
            await Task.Delay(20);

        await started.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        foreach (var pid in hanging.Report<List<int>>("pids"))
            Assert.False(await IsAliveAsync(pid));
    }

    [Fact]
    public async Task Given_a_program_that_takes_too_long_when_its_time_is_up_then_the_thumbnail_may_be_retried()
    {
        using var slow = new ProgramDouble("setInterval(() => {}, 1000);");

        var failed = await Assert.ThrowsAsync<MediaException>(() => ExternalProgram.InFolderAsync<bool>(async folder =>
        {
            await ExternalProgram.RunAsync(slow.Program, [], folder, TimeSpan.FromMilliseconds(200), CancellationToken.None);
            return true;
        }));

        Assert.False(failed.IsFinal);
    }

    [Fact]
    public async Task Given_a_program_that_prints_much_and_fails_when_it_ends_then_the_failure_is_reported()
    {
        using var failing = new ProgramDouble("process.stdout.write('x'.repeat(1000000), () => process.stderr.write('y'.repeat(1000000), () => process.exit(3)));");

        var failed = await Assert.ThrowsAsync<MediaException>(() => ExternalProgram.InFolderAsync<bool>(async folder =>
        {
            await ExternalProgram.RunAsync(failing.Program, [], folder, TimeSpan.FromMinutes(1), CancellationToken.None);
            return true;
        }));

        Assert.Contains("code 3", failed.Message, StringComparison.Ordinal);
    }

    private static SiteSettings Settings(params (string Key, string Value)[] values) => new(
        values.ToDictionary(v => v.Key, v => v.Value),
        new OperatorRules
        {
            Programs = values.Where(v => v.Key.EndsWith("_path", StringComparison.Ordinal)).Select(v => v.Value).ToHashSet(),
            ProgramArguments = new HashSet<string> { "-hwaccel", "auto" },
        });

    // A killed process may be a zombie until somebody has asked for its end.
    private static async Task<bool> IsAliveAsync(int pid)
    {
        for (var i = 0; i < 100; i++)
        {
            try
            {
                using var process = Process.GetProcessById(pid);
                if (process.HasExited || (OperatingSystem.IsLinux() && (await File.ReadAllTextAsync($"/proc/{pid}/stat")).Contains(") Z ", StringComparison.Ordinal)))
                    return false;
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException or IOException)
            {
                return false;
            }
            await Task.Delay(50);
        }
        return true;
    }

    private async Task<MediaSource> StoreAsync(string name, byte[] content)
    {
        var blob = Guid.NewGuid().ToString("N");
        await _container.WriteAsync(blob, BinaryData.FromBytes(content));
        var entity = new EntityRecord { Id = 1, Size = content.Length, PolicyId = 1, Source = blob, CreatedBy = 1, CreatedAt = DateTimeOffset.UnixEpoch };
        return new MediaSource(_container, null, entity, name, TimeProvider.System);
    }
}
