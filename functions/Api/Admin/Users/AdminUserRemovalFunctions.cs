using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.Administration;
using Cloudreve.Core.Accounts.Removal;
using Cloudreve.Core.Drive.Quota.Calibration;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Orchestrations.AccountRemovals;
using Grpc.Core;
using Microsoft.DurableTask.Client;

namespace Cloudreve.Functions.Api.Admin.Users;

/// <summary>Removes accounts, and corrects their storage charges (contract, section 24).</summary>
internal sealed class AdminUserRemovalFunctions(
    AccountRemoval removal, StorageCalibration calibration, UserAdministration administration, SiteCatalog catalog, TimeProvider clock,
    ILogger<AdminUserRemovalFunctions> logger)
{
    /// <summary>Closes accounts, and begins to remove them with all their data.</summary>
    [Function("AdminBatchDeleteUsers")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public async Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/admin/user/batch/delete")] HttpRequest request,
        [JsonBody] BatchIdsRequest body, [DurableClient] DurableTaskClient client, ApiCall call, CancellationToken cancellationToken)
    {
        var batch = new Batch(request.HttpContext, clock);
        await batch.RunAsync(
            body.Keys(),
            async (id, token) => await StartAsync(client, await removal.AcceptAsync(call.Caller.UserId, AdminId.Parse(id), token), token),
            cancellationToken);
        return batch.Answer();
    }

    /// <summary>Recalculates the storage that an account uses.</summary>
    [Function("AdminCalibrateUser")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminWrite)]
    [BodyLimit(BodyLimitAttribute.None)]
    [Answers<AdminUserResponse>]
    public async Task<IResult> CalibrateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/admin/user/{id}/calibrate")] HttpRequest request,
        string id, ApiCall call, CancellationToken cancellationToken)
    {
        var user = await administration.GetAsync(AdminId.Parse(id), cancellationToken);
        var used = await calibration.RunAsync(user.User.Id, cancellationToken);
        return ApiResponse.Ok(AdminUserResponse.Of(user with { Used = used }, await catalog.FindGroupAsync(user.User.GroupId, cancellationToken), call.Site));
    }

    /// <summary>The removal is accepted whether or not the task hub responds now: the timer for lost tasks starts it within minutes.</summary>
    private async Task StartAsync(DurableTaskClient client, WorkflowTask task, CancellationToken cancellationToken)
    {
        try
        {
            await AccountRemovalStarter.StartAsync(client, task, cancellationToken);
        }
        catch (RpcException e)
        {
            logger.LogWarning(e, "Task {Task} is accepted and could not be started yet", task.Id);
        }
    }
}
