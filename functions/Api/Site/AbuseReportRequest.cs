using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Text;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Site;

/// <summary>Body of a report of abuse (contract, section 23).</summary>
/// <param name="Category">0 to 3.</param>
internal sealed record AbuseReportRequest(int Category) : ICaptchaFields
{
    private const int MaxCategory = 3;
    private const int MaxDescription = 512;
    private const int MaxUri = 16_000;

    /// <summary>The reporter's description.</summary>
    public string? Description { get; init; }

    /// <summary>Encoded id of the reported share link.</summary>
    public string? ShareId { get; init; }

    /// <summary>Encoded id of the reported user.</summary>
    public string? UserId { get; init; }

    /// <summary>The file that the report is about.</summary>
    public string? FileUri { get; init; }

    /// <inheritdoc/>
    public string? Captcha { get; init; }

    /// <inheritdoc/>
    public string? Ticket { get; init; }

    /// <summary>Checks the body.</summary>
    /// <param name="call">The caller who reports.</param>
    /// <exception cref="CloudreveException">40001.</exception>
    public AbuseReport Read(ApiCall call)
    {
        if (Category is < 0 or > MaxCategory || Description?.CountCharacters() > MaxDescription)
            throw new CloudreveException(ErrorCode.BadParameter, "The category or the description is out of range.");
        var share = Decode(call, ShareId, HashIdKind.Share);
        var user = Decode(call, UserId, HashIdKind.User);
        if (share is null && user is null)
            throw new CloudreveException(ErrorCode.BadParameter, "A report needs a share link or a user.");
        if (FileUri is { Length: > MaxUri })
            throw new CloudreveException(ErrorCode.BadParameter, "The file URI is too long.");
        if (FileUri is { Length: > 0 } uri)
            _ = Core.Drive.Tree.FileUri.Parse(uri);
        return new AbuseReport(call.Caller.UserId, Category, Description ?? "", share, user, string.IsNullOrEmpty(FileUri) ? null : FileUri);
    }

    private static long? Decode(ApiCall call, string? text, HashIdKind kind)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        return call.Site.HashIds.TryDecode(text, kind, out var id) ? id : throw new CloudreveException(ErrorCode.BadParameter, "An id is invalid.");
    }
}
