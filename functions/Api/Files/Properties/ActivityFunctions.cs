using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Users;

namespace Cloudreve.Functions.Api.Files.Properties;

/// <summary>The history of a file (contract, section 23). Only its owner may see it.</summary>
internal sealed class ActivityFunctions(DriveAccess access, EntriesByPath byPath, ActivityLog log, UserStore users, SiteCatalog catalog)
{
    private const int MinPageSize = 10;
    private const int MaxPageSize = 100;

    /// <summary>Lists a page of a file's activities.</summary>
    [Function("ListFileActivities")]
    [Requires(AuthClass.Optional, OAuthScopes.FilesRead)]
    [QueryParameter<string>("uri", IsRequired = true)]
    [QueryParameter<int>("page_size", IsRequired = true)]
    [QueryParameter<string>("order_direction")]
    [QueryParameter<string>("next_page_token")]
    [QueryParameter<string>("filter")]
    [Answers<ActivitiesResponse>]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/file/activities")] HttpRequest request, ApiCall call, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        var uri = request.RequiredText("uri");
        var pageSize = request.RequiredInt32("page_size");
        var place = await access.OpenAsync(caller, FileUri.Parse(uri), NavigatorCapability.Info, site.HashIds, cancellationToken);
        var query = ReadQuery(request, pageSize, caller);
        var file = await byPath.GetAsync(place, cancellationToken);
        DriveAccess.RequireOwner(caller, file);
        var page = await log.ReadAsync(file.OwnerId, file.Id, query, cancellationToken);
        var actors = await FindActorsAsync(page, call, cancellationToken);
        var shown = page.Activities.Select(a => Describe(a, call, actors)).ToList();
        return ApiResponse.Ok(new ActivitiesResponse(shown, new PaginationResponse(0, query.PageSize, IsCursor: true) { NextToken = page.NextToken }));
    }

    private static ActivityQuery ReadQuery(HttpRequest request, int pageSize, Caller caller)
    {
        if (pageSize < MinPageSize)
            throw new CloudreveException(ErrorCode.BadParameter, "The page size must be at least 10.");
        return new ActivityQuery(
            Math.Min(pageSize, MaxPageSize), IsAscending(request.OptionalText("order_direction")), ReadFilter(request.OptionalText("filter")),
            caller.UserId, ReadToken(request.OptionalText("next_page_token")));
    }

    private static ActivityResponse Describe(Activity activity, ApiCall call, Dictionary<long, UserResponse> actors)
    {
        var isRenamed = activity.Category == ActivityCategory.FileRename;
        var content = new ActivityContent(
            (int)activity.Category, Print(activity.From), Print(activity.To), isRenamed ? activity.From?.Name : null, isRenamed ? activity.To?.Name : null);
        return new ActivityResponse(
            activity.Key, activity.At, content, actors.GetValueOrDefault(activity.ActorId),
            activity.EntityId == 0 ? null : call.Site.HashIds.Encode(activity.EntityId, HashIdKind.Entity));
    }

    private async Task<Dictionary<long, UserResponse>> FindActorsAsync(ActivityPage page, ApiCall call, CancellationToken cancellationToken)
    {
        var found = new Dictionary<long, UserResponse>();
        foreach (var id in page.Activities.Select(a => a.ActorId).Where(id => id != 0).Distinct())
        {
            if (await users.FindRecentAsync(id, cancellationToken) is { } user && await catalog.FindGroupAsync(user.GroupId, cancellationToken) is { } group)
                found[id] = UserResponse.Seen(user, group, call);
        }
        return found;
    }

    private static string? Print(FilePath? path) => path is null ? null : FileUri.My(path).ToString();

    private static bool IsAscending(string? direction) => direction switch
    {
        null or "" or "asc" => true,
        "desc" => false,
        _ => throw new CloudreveException(ErrorCode.BadParameter, "The sort direction must be asc or desc."),
    };

    private static ActivityFilter ReadFilter(string? filter) => filter switch
    {
        null or "" => ActivityFilter.All,
        "my" => ActivityFilter.Mine,
        "updates" => ActivityFilter.Updates,
        "reads" => ActivityFilter.Reads,
        _ => throw new CloudreveException(ErrorCode.BadParameter, "The filter is not supported."),
    };

    // It becomes part of a row's key.
    private static string? ReadToken(string? token) => string.IsNullOrEmpty(token)
        ? null
        : token.Length == 25 && token.All(c => char.IsAsciiHexDigitLower(c) || c == '-')
            ? token
            : throw new CloudreveException(ErrorCode.BadParameter, "The page token is invalid.");
}
