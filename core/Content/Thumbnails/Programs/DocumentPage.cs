using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Content.Thumbnails.Programs;

/// <summary>
/// The first page of a document through LibreOffice, with a profile of its own for every run: macros do not run, and what a
/// document links to is not fetched.
/// </summary>
internal sealed class DocumentPage(SiteSettings site)
{
    private const string Profile =
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
          <item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop></item>
          <item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
          <item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
          <item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableActiveContent" oor:op="fuse"><value>true</value></prop></item>
        </oor:items>
        """;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(90);

    /// <inheritdoc cref="ExtractPicture"/>
    public Task<ReadOnlyMemory<byte>> ExtractAsync(MediaSource source, ThumbnailFormat format, CancellationToken cancellationToken) =>
        ExternalProgram.InFolderAsync(async folder =>
        {
            var input = Path.Combine(folder, "in." + source.Extension);
            var user = Directory.CreateDirectory(Path.Combine(folder, "profile", "user")).FullName;
            await File.WriteAllTextAsync(Path.Combine(user, "registrymodifications.xcu"), Profile, cancellationToken);
            await source.CopyToAsync(input, cancellationToken);
            await ExternalProgram.RunAsync(
                site.Get(ThumbnailSetting.LibreOfficePath),
                [
                    $"-env:UserInstallation={new Uri(Path.Combine(folder, "profile")).AbsoluteUri}",
                    "--headless", "--norestore", "--nologo", "--nolockcheck", "--convert-to", "png", "--outdir", folder, input,
                ],
                folder, Timeout, cancellationToken);
            return (ReadOnlyMemory<byte>)(await ProgramOutput.ReadAsync(Path.Combine(folder, "in.png"), cancellationToken)
                ?? throw new MediaException("LibreOffice produced no picture.", isFinal: true));
        });
}
