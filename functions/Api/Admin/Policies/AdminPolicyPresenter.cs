using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Editing;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Functions.Api.Admin.Policies;

/// <summary>Shapes storage policies for administrators.</summary>
/// <param name="layout">The app's own account, whose address a policy of it shows.</param>
internal sealed class AdminPolicyPresenter(StorageLayout layout)
{
    // The dashboard's form of a direct policy requires a region, which Azure Blob storage does not need.
    private const string NoRegion = "azure";

    /// <summary>Shapes a policy.</summary>
    public AdminPolicyResponse Present(StoragePolicy policy, SiteSettings site)
    {
        var isOwn = policy.Server.Length == 0;
        return new AdminPolicyResponse
        {
            Id = policy.Id,
            HashId = site.HashIds.Encode(policy.Id, HashIdKind.Policy),
            Name = policy.Name,
            Type = policy.AdminType,
            Server = policy.IsLocal ? null : isOwn ? layout.Account.BlobEndpoint.AbsoluteUri.TrimEnd('/') : policy.Server,
            BucketName = policy.BucketName,
            IsPrivate = policy.IsPrivate,
            // The form requires keys of every direct policy; those of the app's own account are not used.
            AccessKey = policy.IsLocal ? null : isOwn ? layout.Account.Name : policy.AccessKey,
            SecretKey = policy.IsLocal ? null : PolicyDraft.HiddenSecret,
            MaxSize = policy.MaxSize,
            DirNameRule = policy.DirNameRule,
            FileNameRule = policy.FileNameRule,
            Settings = policy.Settings with
            {
                Token = null,
                Region = policy.IsLocal || !string.IsNullOrEmpty(policy.Settings.Region) ? policy.Settings.Region : NoRegion,
            },
        };
    }
}
