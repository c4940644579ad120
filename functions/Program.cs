using Cloudreve.Functions.Hosting;

return await CloudreveProcess.RunAsync(args);
