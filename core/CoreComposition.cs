using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content;
using Cloudreve.Core.Drive;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Infrastructure;
using Cloudreve.Core.Sharing;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;
using Microsoft.Extensions.DependencyInjection;

namespace Cloudreve.Core;

/// <summary>Registers the rooms of the core, each by its own composition.</summary>
public static class CoreComposition
{
    /// <summary>Adds the core's services. The storage layout, the clock, logging and the options of the bootstrap come from elsewhere.</summary>
    /// <param name="services">The services. What is registered already, such as rules of an operator, stays.</param>
    public static IServiceCollection AddCore(this IServiceCollection services) => services
        .AddInfrastructure()
        .AddSite()
        .AddAccounts()
        .AddDrive()
        .AddContent()
        .AddSharing()
        .AddTasks()
        .AddImports();
}
